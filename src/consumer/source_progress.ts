import type { Env } from "../base/env.ts";
import type { RateUse } from "../base/telemetry.ts";
import { addCounts, type LogCounts, NO_LOGS } from "../base/log_counts.ts";
import { OddTimes } from "./odd_times.ts";
import type { PageReport, RateWait } from "./ports.ts";
import type { ShardLag } from "./shard_lag.ts";
import type { ShardWatch, WatchedShard } from "./shard_watch.ts";

const REPORT_EVERY_MS = 60_000;
/** How many shards are asked for their lag at a time, and how long at most for all of them together. */
const ASKED_AT_ONCE = 4;
const ASK_TIMEOUT_MS = 10_000;
/** A rate that holds up pulls for less than this between two reports is no reason for a lag. */
const WORTH_TELLING_MS = 1000;

/** What SLS read before a query or processor left some logs out. */
interface ReadLogs {
  /** Undefined when SLS did not say so for each page. */
  readonly logs: number | undefined;
  readonly bytes: number | undefined;
  /** Whether there is a query or processor. */
  readonly queried: boolean;
}

/** What became of the logs of some pages. */
interface Delivered {
  readonly counts: LogCounts;
  readonly read: ReadLogs;
}

const NO_PAGES: Delivered = { counts: NO_LOGS, read: { logs: 0, bytes: 0, queried: false } };

/** The shard that lags most, of those that are behind. */
interface Lags {
  readonly most: { readonly shard: number; readonly sec: number } | undefined;
  /** Shards whose lag is not known. */
  readonly unknown: number;
}

/**
 * Reports once a minute what was delivered of a source and how far its shards are behind, and at the end the totals.
 * Silent while nothing comes and nothing is behind.
 */
export class SourceProgress {
  readonly #env: Pick<Env, "clock" | "telemetry">;
  readonly #source: string;
  readonly #shards = new Map<number, ShardLag>();
  readonly #rateWaits: () => readonly RateWait[];
  readonly #oddTimes: OddTimes;
  readonly #startMs: number;
  /** Shards that were lost because the server fell silent: it is not known that another consumer has them. */
  readonly #orphans = new Map<number, ShardLag>();
  #total = NO_PAGES;
  #sinceReport = NO_PAGES;
  /** As the rates had held it up at the last report. */
  #waitsBefore: readonly RateWait[] = [];
  /** Shards that were given back with more to read. */
  #leftBehind = 0;

  /**
   * @param source Name of the source.
   * @param rateWaits How long its rates have held it up so far.
   */
  constructor(
    env: Pick<Env, "clock" | "telemetry">,
    source: string,
    rateWaits: () => readonly RateWait[] = () => [],
  ) {
    this.#env = env;
    this.#source = source;
    this.#rateWaits = rateWaits;
    this.#oddTimes = new OddTimes(env, source);
    this.#startMs = env.clock.monotonicMs();
  }

  /** Begins to watch a shard. */
  follow({ shard, lag }: Pick<WatchedShard, "shard" | "lag">): ShardWatch {
    this.#shards.set(shard, lag);
    this.#leftBehind = 0; // the program is not ending yet
    return {
      done: (report) => {
        this.#oddTimes.add(report.oddTimes);
        this.#total = addPage(this.#total, report);
        this.#sinceReport = addPage(this.#sinceReport, report);
      },
      ended: () => {
        if (lag.isBehind) this.#leftBehind++;
        this.#shards.delete(shard);
      },
    };
  }

  /** The shards are lost because the server is silent: until it answers, it is not known who reads them. */
  serverFellSilent(): void {
    for (const [shard, lag] of this.#shards) this.#orphans.set(shard, lag);
  }

  /** The server has said again which shards this process owns. */
  serverAnswered(): void {
    this.#orphans.clear();
  }

  /** Reports until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, telemetry } = this.#env;
    for (let sinceMs = this.#startMs;;) {
      await clock.sleep(REPORT_EVERY_MS, signal);
      const nowMs = clock.monotonicMs();
      const delivered = this.#sinceReport;
      this.#sinceReport = NO_PAGES;
      const seconds = Math.round((nowMs - sinceMs) / 1000);
      sinceMs = nowMs;
      const limitedBy = this.#limitsSinceReport();
      const shards = [...new Map([...this.#orphans, ...this.#shards])];
      const behind = shards.filter(([, lag]) => lag.isBehind || lag.isSilent);
      const silent = behind.filter(([, lag]) => lag.isSilent).length;
      if (delivered === NO_PAGES && behind.length === 0) continue;
      const { most, unknown } = await this.#lagsOf(behind, signal);
      telemetry({
        type: "progress",
        source: this.#source,
        seconds,
        ...fieldsOf(delivered),
        shards: shards.length,
        behind: behind.length,
        ...(silent > 0 && { silent }),
        ...(most && { lagShard: most.shard, lagSec: most.sec }),
        ...(unknown > 0 && { lagUnknown: unknown }),
        ...(limitedBy.length > 0 && { limitedBy }),
      });
    }
  }

  /** Reports the totals, once every shard is given back. */
  end(): void {
    const { clock, telemetry } = this.#env;
    const seconds = Math.round((clock.monotonicMs() - this.#startMs) / 1000);
    const behind = this.#leftBehind;
    const fields = fieldsOf(this.#total);
    telemetry({ type: "summary", source: this.#source, seconds, ...fields, behind });
  }

  /** The rates that have held it up since the last report. */
  #limitsSinceReport(): RateUse[] {
    const before = new Map(this.#waitsBefore.map(({ name, waitedMs }) => [name, waitedMs]));
    this.#waitsBefore = this.#rateWaits();
    return this.#waitsBefore.flatMap(({ name, bytesPerSec, waitedMs }) => {
      const sinceMs = waitedMs - (before.get(name) ?? 0);
      if (sinceMs < WORTH_TELLING_MS) return [];
      return [{ rate: name, bytesPerSec, waitedSec: Math.round(sinceMs / 1000) }];
    });
  }

  async #lagsOf(
    behind: readonly (readonly [shard: number, lag: ShardLag])[],
    signal: AbortSignal,
  ): Promise<Lags> {
    const { clock } = this.#env;
    const untilMs = clock.monotonicMs() + ASK_TIMEOUT_MS;
    const waiting = [...behind];
    let most: Lags["most"];
    let unknown = 0;
    await Promise.all(Array.from({ length: ASKED_AT_ONCE }, async () => {
      for (let next = waiting.pop(); next; next = waiting.pop()) {
        const [shard, lag] = next;
        const sec = await lag.sec(signal, untilMs - clock.monotonicMs());
        if (sec === undefined) unknown++;
        else if (!most || sec > most.sec) most = { shard, sec };
      }
    }));
    return { most, unknown };
  }
}

function addPage({ counts, read }: Delivered, report: PageReport): Delivered {
  const { delivered, parked, rawBytes, beforeQuery } = report;
  const before = beforeQuery ?? { logs: delivered + parked, bytes: rawBytes };
  return {
    counts: addCounts(counts, report),
    read: {
      logs: addKnown(read.logs, before.logs),
      bytes: addKnown(read.bytes, before.bytes),
      queried: read.queried || beforeQuery !== undefined,
    },
  };
}

/** As the reports name them. */
function fieldsOf({ counts: { delivered, parked, rawBytes }, read }: Delivered) {
  const { logs: readLogs, bytes: readBytes, queried } = read;
  return { delivered, parked, rawBytes, readLogs, readBytes, queried };
}

/** The sum; unknown when one of the two is. */
function addKnown(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}
