/**
 * How far a shard's checkpoint may move: to the end of the unbroken run of finished pages, in the order
 * of pulling. Cursors themselves have no order that may be relied on.
 */
export class CheckpointTracker {
  #reached: string;
  #written: string;
  /** Pulled pages from the oldest unfinished one on; the first has number `#first`. */
  readonly #pages: { nextCursor: string; done: boolean }[] = [];
  #first = 0;

  /**
   * @param written The stored checkpoint; empty when there is none.
   * @param start Where pulling starts; due to be written at once when it is not the stored one, so that
   * a start at the end is remembered before the first log comes.
   */
  constructor(written: string, start: string) {
    this.#written = written;
    this.#reached = start;
  }

  /** Pages that are pulled and not finished, or finished behind one that is not. */
  get open(): number {
    return this.#pages.length;
  }

  /** Everything before this cursor is finished. */
  get reached(): string {
    return this.#reached;
  }

  /** The cursor that should be written, if it is not yet. */
  get due(): string | undefined {
    return this.#reached === this.#written ? undefined : this.#reached;
  }

  /** @throws {RangeError} when the page is not the next one: then the run would have a hole. */
  pulled(seq: number, nextCursor: string): void {
    const expected = this.#first + this.#pages.length;
    if (seq !== expected) {
      throw new RangeError(`Cannot track page ${seq}: expected page ${expected}`);
    }
    this.#pages.push({ nextCursor, done: false });
  }

  /** @throws {RangeError} when the page is not open. */
  done(seq: number): void {
    const page = this.#pages[seq - this.#first];
    if (!page || page.done) throw new RangeError(`Cannot finish page ${seq}: it is not open`);
    page.done = true;
    while (this.#pages[0]?.done) {
      this.#reached = this.#pages.shift()!.nextCursor;
      this.#first++;
    }
  }

  /** Forgets the pages from `seq` on: they will be pulled again under the same numbers. */
  rewound(seq: number): void {
    this.#pages.length = Math.max(0, Math.min(this.#pages.length, seq - this.#first));
  }

  /**
   * Goes on at a cursor that does not follow: what lay between is gone.
   * @throws {RangeError} when pages are open.
   */
  jump(cursor: string): void {
    if (this.#pages.length > 0) throw new RangeError("Cannot jump: pages are open");
    this.#reached = cursor;
  }

  written(cursor: string): void {
    this.#written = cursor;
  }
}
