import type { CoveredRange, LedgerPort, PageReport } from "../consumer/ports.ts";
import type { LedgerFile } from "./ledger_file.ts";

/** What became of a shard's logs so far: fetched = delivered + filtered + parked. */
export interface LedgerEntry {
  readonly source: string;
  readonly shard: number;
  fetched: number;
  delivered: number;
  filtered: number;
  /** Those of the filtered on which the query failed. */
  queryFailed: number;
  /** Logs of before 1990 or of more than a day ahead; left out while there are none. */
  oddTimes?: number;
  parked: number;
  pages: number;
  rawBytes: number;
  eventBytes: number;
  resends: number;
  ackTimeouts: number;
  /** Times that reading had to go on behind logs that could not be read, such as expired ones. */
  gaps: number;
}

/** Counts every fetched log once, per source and shard: in memory, and by checkpoint in a file if there is one. */
export class Ledger implements LedgerPort {
  readonly #entries = new Map<string, LedgerEntry>();
  /** Set while the program runs. */
  file: LedgerFile | undefined;

  pageDone(source: string, shard: number, report: PageReport): void {
    const entry = this.#entry(source, shard);
    const { delivered, filtered, queryFailed = 0, parked } = report;
    const { rawBytes, eventBytes, resends, ackTimeouts } = report;
    entry.fetched += delivered + filtered + parked;
    entry.delivered += delivered;
    entry.filtered += filtered;
    entry.queryFailed += queryFailed;
    if (report.oddTimes) entry.oddTimes = (entry.oddTimes ?? 0) + report.oddTimes;
    entry.parked += parked;
    entry.pages++;
    entry.rawBytes += rawBytes;
    entry.eventBytes += eventBytes;
    entry.resends += resends;
    entry.ackTimeouts += ackTimeouts;
  }

  async cover(
    source: string,
    shard: number,
    consumer: string,
    { from, to, expired, pages, report }: CoveredRange,
  ): Promise<void> {
    const { delivered, filtered, queryFailed, parked } = report;
    const { rawBytes, eventBytes, resends, ackTimeouts } = report;
    await this.file?.append({
      consumer,
      source,
      shard,
      from,
      to,
      ...(expired && { expired }),
      fetched: delivered + filtered + parked,
      delivered,
      filtered,
      ...(queryFailed && { query_failed: queryFailed }),
      ...(report.oddTimes && { odd_times: report.oddTimes }),
      parked,
      pages,
      raw_bytes: rawBytes,
      event_bytes: eventBytes,
      resends,
      ack_timeouts: ackTimeouts,
    });
    if (expired) this.#entry(source, shard).gaps++;
  }

  /** A copy of all entries, by source and shard. */
  entries(): LedgerEntry[] {
    return [...this.#entries.values()].map((entry) => ({ ...entry }))
      .sort((a, b) => a.source < b.source ? -1 : a.source > b.source ? 1 : a.shard - b.shard);
  }

  #entry(source: string, shard: number): LedgerEntry {
    const key = `${source} ${shard}`;
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = {
        source,
        shard,
        fetched: 0,
        delivered: 0,
        filtered: 0,
        queryFailed: 0,
        parked: 0,
        pages: 0,
        rawBytes: 0,
        eventBytes: 0,
        resends: 0,
        ackTimeouts: 0,
        gaps: 0,
      };
      this.#entries.set(key, entry);
    }
    return entry;
  }
}
