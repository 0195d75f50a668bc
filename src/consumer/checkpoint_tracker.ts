import type { CoveredRange, PageReport } from "./ports.ts";

/**
 * How far a shard's checkpoint may move: to the end of the unbroken run of finished pages, in the order of pulling.
 * The order of the cursors themselves is not relied on.
 */
export class CheckpointTracker {
  #reached: string;
  #written: string;
  /** Pulled pages, from the oldest unfinished one on; the first is page number `#first`. */
  readonly #pages: { nextCursor: string; report: PageReport | undefined }[] = [];
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
    this.#pages.push({ nextCursor, report: undefined });
  }

  /**
   * A page is finished.
   *
   * @throws {RangeError} when it is not open.
   */
  done(seq: number, report: PageReport): void {
    const page = this.#pages[seq - this.#first];
    if (!page || page.report) throw new RangeError(`Cannot finish page ${seq}: it is not open`);
    page.report = report;
    for (let first = this.#pages[0]; first?.report; first = this.#pages[0]) {
      this.#add(first.nextCursor, first.report);
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
  #add(to: string, report: PageReport): void {
    const last = this.#uncovered.at(-1);
    const fixed = last === undefined || last.expired ||
      this.#covering && this.#uncovered.length === 1;
    if (fixed) {
      this.#uncovered.push({ from: this.#reached, to, expired: false, pages: 1, report });
    } else {
      this.#uncovered[this.#uncovered.length - 1] = {
        ...last,
        to,
        pages: last.pages + 1,
        report: sum(last.report, report),
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
    const range = { from: this.#reached, to: cursor, expired: true, pages: 0, report: NOTHING };
    this.#uncovered.push(range);
    this.#reached = cursor;
  }

  /** A checkpoint was written. */
  written(cursor: string): void {
    this.#written = cursor;
  }
}

const NOTHING: PageReport = {
  delivered: 0,
  parked: 0,
  filtered: 0,
  queryFailed: 0,
  rawBytes: 0,
  eventBytes: 0,
  resends: 0,
  ackTimeouts: 0,
};

function sum(a: PageReport, b: PageReport): PageReport {
  return {
    delivered: a.delivered + b.delivered,
    parked: a.parked + b.parked,
    filtered: a.filtered + b.filtered,
    queryFailed: (a.queryFailed ?? 0) + (b.queryFailed ?? 0),
    ...((a.oddTimes || b.oddTimes) && { oddTimes: (a.oddTimes ?? 0) + (b.oddTimes ?? 0) }),
    rawBytes: a.rawBytes + b.rawBytes,
    eventBytes: a.eventBytes + b.eventBytes,
    resends: a.resends + b.resends,
    ackTimeouts: a.ackTimeouts + b.ackTimeouts,
  };
}
