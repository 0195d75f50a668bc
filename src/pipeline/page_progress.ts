import type { PageReport } from "../consumer/ports.ts";
import type { BeforeQuery, FilteredLogs } from "../sls/pull_logs.ts";

/** What a query did to a page, as far as is known. */
interface QueriedPage {
  readonly filtered?: FilteredLogs | undefined;
  readonly beforeQuery?: BeforeQuery | undefined;
}

/** What is known of one page's events: it is done when all are built and none is open. */
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
  #resends = 0;
  #ackTimeouts = 0;
  #built = false;

  constructor(seq: number, cursor: string, { filtered, beforeQuery }: QueriedPage = {}) {
    this.seq = seq;
    this.cursor = cursor;
    this.#queried = { filtered, beforeQuery };
  }

  /** Events built so far: the number of the next one in the page. */
  get events(): number {
    return this.#events;
  }

  /**
   * Counts events that were built.
   * @param oddTimes Those of them whose time cannot be meant.
   */
  add(events: number, eventBytes: number, oddTimes = 0): void {
    this.#events += events;
    this.#eventBytes += eventBytes;
    this.#oddTimes += oddTimes;
  }

  settle(
    counts: { delivered: number; parked: number; resends: number; ackTimeouts: number },
  ): void {
    this.#delivered += counts.delivered;
    this.#parked += counts.parked;
    this.#resends += counts.resends;
    this.#ackTimeouts += counts.ackTimeouts;
  }

  /** No more events come from the page, which was this long. */
  finish(rawBytes: number): void {
    this.#rawBytes = rawBytes;
    this.#built = true;
  }

  get complete(): boolean {
    return this.#built && this.#delivered + this.#parked === this.#events;
  }

  get report(): PageReport {
    return {
      delivered: this.#delivered,
      parked: this.#parked,
      filtered: this.#queried.filtered?.logs ?? 0,
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
