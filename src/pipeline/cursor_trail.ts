/** Number of cursors that are remembered one by one: a short circle is noticed before any log is read twice. */
const MAX_RECENT = 16;

/**
 * The cursors that a shard has passed, as many as are needed to notice that they repeat: the last ones, and one older
 * one, which is replaced after 1, 2, 4, 8 … steps (Brent's algorithm), so that a circle of any length is noticed.
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

  /** Whether a cursor is known to have been passed before. */
  has(cursor: string): boolean {
    return cursor === this.#marked || this.#recent.includes(cursor);
  }

  /** Adds a cursor. */
  pass(cursor: string): void {
    this.#recent.push(cursor);
    if (this.#recent.length > MAX_RECENT) this.#recent.shift();
    if (++this.#steps < this.#stepsToMark) return;
    this.#steps = 0;
    this.#stepsToMark *= 2;
    this.#marked = cursor;
  }
}
