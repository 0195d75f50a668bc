import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { PageReport, ShardsPort } from "./ports.ts";
import { OddTimes } from "./odd_times.ts";
import { addPage, NO_LOGS } from "./progress_counts.ts";
import { ShardLag, type ShardLagOptions } from "./shard_lag.ts";

const REPORT_EVERY_MS = 60_000;
/** Shards whose lag is asked for at the same time, and how long for all: a report does not wait for a server that is away. */
const ASKED_AT_ONCE = 4;
const ASKED_FOR_MS = 10_000;

/** What is known of a shard while this process holds it. */
export interface ShardProgress extends Disposable {
  /** A page was pulled. */
  pulled(): void;
  /** A pull found nothing new. */
  caughtUp(): void;
  /** How far behind the shard is. */
  readonly lag: ShardLag;
  done(report: PageReport): void;
}

export interface SourceProgressOptions {
  readonly source: string;
  readonly shards: Pick<ShardsPort, "cursorTimeSec" | "serverNowMs">;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** The shard that lags most, of those that are behind. */
interface Lags {
  readonly most: { readonly shard: number; readonly sec: number } | undefined;
  /** Shards whose lag is not known. */
  readonly unknown: number;
}

/**
 * Says once a minute what was delivered of a source and how far behind its shards are, and at the end what all came
 * to. Silent while nothing comes and nothing is behind.
 */
export class SourceProgress {
  readonly #options: SourceProgressOptions;
  readonly #held = new Map<number, ShardLag>();
  readonly #oddTimes: OddTimes;
  readonly #startMs: number;
  /** Those that were lost because the server fell silent: it is not known that another has them. */
  readonly #orphans = new Map<number, ShardLag>();
  #total = NO_LOGS;
  #sinceReport = NO_LOGS;
  /** Shards that were given back with more to read. */
  #leftBehind = 0;

  constructor(options: SourceProgressOptions) {
    this.#options = options;
    this.#oddTimes = new OddTimes(options);
    this.#startMs = options.clock.monotonicMs();
  }

  /** Follows a shard until the result is disposed. */
  follow(shard: number, tracker: ShardLagOptions["tracker"]): ShardProgress {
    const lag = new ShardLag({ ...this.#options, shard, tracker });
    this.#held.set(shard, lag);
    this.#leftBehind = 0; // the program is not ending yet
    return {
      lag,
      pulled: () => lag.pulled(),
      caughtUp: () => lag.caughtUp(),
      done: (report) => {
        lag.settled();
        this.#oddTimes.add(report.oddTimes ?? 0);
        this.#total = addPage(this.#total, report);
        this.#sinceReport = addPage(this.#sinceReport, report);
      },
      [Symbol.dispose]: () => {
        if (lag.isBehind) this.#leftBehind++;
        this.#held.delete(shard);
      },
    };
  }

  /** The shards are lost because the server is silent: until it answers, nobody is known to read them. */
  serverFellSilent(): void {
    for (const [shard, lag] of this.#held) this.#orphans.set(shard, lag);
  }

  /** The server has said again which shards are this process's. */
  serverAnswered(): void {
    this.#orphans.clear();
  }

  /** Reports until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, source, telemetry } = this.#options;
    for (let sinceMs = this.#startMs;;) {
      await clock.sleep(REPORT_EVERY_MS, signal);
      const nowMs = clock.monotonicMs();
      const counts = this.#sinceReport;
      this.#sinceReport = NO_LOGS;
      const seconds = Math.round((nowMs - sinceMs) / 1000);
      sinceMs = nowMs;
      const held = [...new Map([...this.#orphans, ...this.#held])];
      const behind = held.filter(([, lag]) => lag.isBehind || lag.isSilent);
      const silent = behind.filter(([, lag]) => lag.isSilent).length;
      const shards = held.length;
      if (counts === NO_LOGS && behind.length === 0) continue;
      const { most, unknown } = await this.#lagsOf(behind, signal);
      telemetry({
        type: "progress",
        source,
        seconds,
        ...counts,
        shards,
        behind: behind.length,
        ...(silent > 0 && { silent }),
        ...(most && { lagShard: most.shard, lagSec: most.sec }),
        ...(unknown > 0 && { lagUnknown: unknown }),
      });
    }
  }

  /** What all came to, once every shard is given back. */
  end(): void {
    const { clock, source, telemetry } = this.#options;
    const seconds = Math.round((clock.monotonicMs() - this.#startMs) / 1000);
    telemetry({ type: "summary", source, seconds, ...this.#total, behind: this.#leftBehind });
  }

  async #lagsOf(
    behind: readonly (readonly [shard: number, lag: ShardLag])[],
    signal: AbortSignal,
  ): Promise<Lags> {
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + ASKED_FOR_MS;
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
