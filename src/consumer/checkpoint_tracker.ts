import { addCounts, type LogCounts, NO_LOGS } from "../base/log_counts.ts";
import type { CoveredRange } from "./ports.ts";

/**
 * How far a shard's checkpoint may move: to the end of the unbroken run of finished pages, in the order of pulling.
 * The order of the cursors themselves is not relied on.
 */
export class CheckpointTracker {
  #reached: string;
  #written: string;
  /** Pulled pages, from the oldest unfinished one on; the first is page number `#first`. */
  readonly #pages: { nextCursor: string; counts: LogCounts | undefined }[] = [];
  #first = 0;
  /** Ranges not yet recorded in the ledger. */
  readonly #uncovered: CoveredRange[] = [];
  /** Whether the first of them is being recorded, and so must not grow. */
  #covering = false;

  /**
   * @param written The stored checkpoint; empty when there is none.
   * @param start Where pulling starts. If it is not the stored one, it is due to be written at once, so that a start
   * at the end is remembered before the first log comes.
   */
  constructor(written: string, start: string) {
    this.#written = written;
    this.#reached = start;
  }

  /** Number of pages that are not finished, or are finished behind one that is not. */
  get open(): number {
    return this.#pages.length;
  }

  /** Everything before this cursor is finished. */
  get reached(): string {
    return this.#reached;
  }

  /** The cursor to write; undefined when it is written already. */
  get due(): string | undefined {
    return this.#reached === this.#written ? undefined : this.#reached;
  }

  /**
   * A page was pulled.
   *
   * @throws {RangeError} when it is not the next one: that would leave a hole.
   */
  pulled(seq: number, nextCursor: string): void {
    const expected = this.#first + this.#pages.length;
    if (seq !== expected) {
      throw new RangeError(`Cannot track page ${seq}: expected page ${expected}`);
    }
    this.#pages.push({ nextCursor, counts: undefined });
  }

  /**
   * A page is finished.
   *
   * @throws {RangeError} when it is not open.
   */
  done(seq: number, counts: LogCounts): void {
    const page = this.#pages[seq - this.#first];
    if (!page || page.counts) throw new RangeError(`Cannot finish page ${seq}: it is not open`);
    page.counts = counts;
    for (let first = this.#pages[0]; first?.counts; first = this.#pages[0]) {
      this.#add(first.nextCursor, first.counts);
      this.#reached = first.nextCursor;
      this.#pages.shift();
      this.#first++;
    }
  }

  /** The oldest range that is not recorded in the ledger. Reading it fixes the range. */
  get uncovered(): CoveredRange | undefined {
    this.#covering = this.#uncovered.length > 0;
    return this.#uncovered[0];
  }

  /** The range that `uncovered` returned is recorded. */
  covered(): void {
    this.#uncovered.shift();
    this.#covering = false;
  }

  /** Adds a finished page to the last range, or to a new one. */
  #add(to: string, counts: LogCounts): void {
    const last = this.#uncovered.at(-1);
    const fixed = last === undefined || last.expired ||
      this.#covering && this.#uncovered.length === 1;
    if (fixed) {
      this.#uncovered.push({ from: this.#reached, to, expired: false, counts });
    } else {
      this.#uncovered[this.#uncovered.length - 1] = {
        from: last.from,
        to,
        expired: false,
        counts: addCounts(last.counts, counts),
      };
    }
  }

  /** Forgets the pages from `seq` on: they will be pulled again with the same numbers. */
  rewound(seq: number): void {
    this.#pages.length = Math.max(0, Math.min(this.#pages.length, seq - this.#first));
  }

  /**
   * Forgets all open pages: reading continues at `reached`.
   *
   * @returns the number of the next page.
   */
  restart(): number {
    this.#pages.length = 0;
    return this.#first;
  }

  /**
   * Continues at a cursor that does not follow: what lay between is lost.
   *
   * @throws {RangeError} when pages are open.
   */
  jump(cursor: string): void {
    if (this.#pages.length > 0) throw new RangeError("Cannot jump: pages are open");
    this.#uncovered.push({ from: this.#reached, to: cursor, expired: true, counts: NO_LOGS });
    this.#reached = cursor;
  }

  /** A checkpoint was written. */
  written(cursor: string): void {
    this.#written = cursor;
  }
}
