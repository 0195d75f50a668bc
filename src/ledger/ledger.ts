import { addCounts, fetchedLogs, type LogCounts, NO_LOGS } from "../base/log_counts.ts";
import type { CoveredRange, LedgerPort } from "../consumer/ports.ts";
import type { LedgerFile } from "./ledger_file.ts";

/** What became of a shard's logs so far: fetched = delivered + filtered + parked. */
export interface LedgerEntry extends LogCounts {
  readonly source: string;
  readonly shard: number;
  readonly fetched: number;
  /** Number of times that reading had to skip logs that could not be read, such as expired ones. */
  readonly gaps: number;
}

interface ShardCounts {
  readonly source: string;
  readonly shard: number;
  readonly counts: LogCounts;
  readonly gaps: number;
}

/** Counts every fetched log once, by source and shard: in memory, and by checkpoint in a file if there is one. */
export class Ledger implements LedgerPort {
  readonly #shards = new Map<string, ShardCounts>();
  /** Set while the program runs. */
  file: LedgerFile | undefined;

  pageDone(source: string, shard: number, counts: LogCounts): void {
    this.#add(source, shard, counts, 0);
  }

  async cover(
    source: string,
    shard: number,
    consumer: string,
    { from, to, expired, counts }: CoveredRange,
  ): Promise<void> {
    await this.file?.append({
      consumer,
      source,
      shard,
      from,
      to,
      ...(expired && { expired }),
      fetched: fetchedLogs(counts),
      delivered: counts.delivered,
      filtered: counts.filtered,
      ...(counts.queryFailed > 0 && { query_failed: counts.queryFailed }),
      ...(counts.oddTimes > 0 && { odd_times: counts.oddTimes }),
      parked: counts.parked,
      pages: counts.pages,
      raw_bytes: counts.rawBytes,
      event_bytes: counts.eventBytes,
      resends: counts.resends,
      ack_timeouts: counts.ackTimeouts,
    });
    if (expired) this.#add(source, shard, NO_LOGS, 1);
  }

  /** All entries, by source and shard. */
  entries(): LedgerEntry[] {
    return [...this.#shards.values()]
      .map(({ source, shard, counts, gaps }) => {
        return { source, shard, fetched: fetchedLogs(counts), ...counts, gaps };
      })
      .sort((a, b) => a.source < b.source ? -1 : a.source > b.source ? 1 : a.shard - b.shard);
  }

  #add(source: string, shard: number, counts: LogCounts, gaps: number): void {
    const key = `${source} ${shard}`;
    const known = this.#shards.get(key);
    this.#shards.set(key, {
      source,
      shard,
      counts: addCounts(known?.counts ?? NO_LOGS, counts),
      gaps: (known?.gaps ?? 0) + gaps,
    });
  }
}
