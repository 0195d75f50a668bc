/** Cursors that are remembered one by one: a small circle is noticed before anything comes twice. */
const MOST_RECENT = 16;

/**
 * The cursors that a shard has passed, as far as it takes to notice that they come again: the last ones, and one older
 * one, which is replaced after 1, 2, 4, 8 … steps (Brent's way), so that a circle of any length is noticed at last.
 */
export class CursorTrail {
  readonly #recent: string[];
  #marked: string;
  #steps = 0;
  #stepsToMark = 1;

  constructor(start: string) {
    this.#recent = [start];
    this.#marked = start;
  }

  /** Whether a cursor is one that was passed before. */
  has(cursor: string): boolean {
    return cursor === this.#marked || this.#recent.includes(cursor);
  }

  /** Goes on to a cursor. */
  pass(cursor: string): void {
    this.#recent.push(cursor);
    if (this.#recent.length > MOST_RECENT) this.#recent.shift();
    if (++this.#steps < this.#stepsToMark) return;
    this.#steps = 0;
    this.#stepsToMark *= 2;
    this.#marked = cursor;
  }
}
