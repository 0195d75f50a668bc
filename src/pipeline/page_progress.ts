import type { PageReport } from "../consumer/ports.ts";
import type { BeforeQuery, FilteredLogs } from "../sls/pull_logs.ts";

/** What a query did to a page, as far as is known. */
interface QueriedPage {
  readonly filtered?: FilteredLogs | undefined;
  readonly beforeQuery?: BeforeQuery | undefined;
}

/** Counts the events of one page: it is done when all are written into batches and all of these are settled. */
export class PageProgress {
  /** Number of the page in its shard's run. */
  readonly seq: number;
  /** Where it was pulled. */
  readonly cursor: string;
  readonly #queried: QueriedPage;
  #rawBytes = 0;
  #events = 0;
  #eventBytes = 0;
  #delivered = 0;
  #parked = 0;
  #oddTimes = 0;
  #dropped = 0;
  #resends = 0;
  #ackTimeouts = 0;
  #built = false;

  constructor(seq: number, cursor: string, { filtered, beforeQuery }: QueriedPage = {}) {
    this.seq = seq;
    this.cursor = cursor;
    this.#queried = { filtered, beforeQuery };
  }

  /** Events written so far: the number of the next one in the page. */
  get events(): number {
    return this.#events;
  }

  /**
   * Counts events that were written.
   * @param oddTimes Those of them with an implausible time.
   */
  add(events: number, eventBytes: number, oddTimes = 0): void {
    this.#events += events;
    this.#eventBytes += eventBytes;
    this.#oddTimes += oddTimes;
  }

  /** Counts logs of which no event is written, because a route drops them. */
  drop(logs: number): void {
    this.#dropped += logs;
  }

  /** Counts events whose outcome is final. */
  settle(
    counts: { delivered: number; parked: number; resends: number; ackTimeouts: number },
  ): void {
    this.#delivered += counts.delivered;
    this.#parked += counts.parked;
    this.#resends += counts.resends;
    this.#ackTimeouts += counts.ackTimeouts;
  }

  /** All events of the page are written; it had this many bytes. */
  finish(rawBytes: number): void {
    this.#rawBytes = rawBytes;
    this.#built = true;
  }

  /** Whether the outcome of every event is final. */
  get complete(): boolean {
    return this.#built && this.#delivered + this.#parked === this.#events;
  }

  /** What became of the page's logs; final once it is complete. */
  get report(): PageReport {
    return {
      delivered: this.#delivered,
      parked: this.#parked,
      filtered: (this.#queried.filtered?.logs ?? 0) + this.#dropped,
      queryFailed: this.#queried.filtered?.failed ?? 0,
      oddTimes: this.#oddTimes,
      pages: 1,
      rawBytes: this.#rawBytes,
      eventBytes: this.#eventBytes,
      resends: this.#resends,
      ackTimeouts: this.#ackTimeouts,
      ...(this.#queried.beforeQuery && { beforeQuery: this.#queried.beforeQuery }),
    };
  }
}
