import type { Clock } from "../base/clock.ts";
import { cursorNumber } from "../base/cursor_number.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { CheckpointTracker } from "./checkpoint_tracker.ts";
import type { PageReport, ShardsPort } from "./ports.ts";
import { addPage, NO_LOGS } from "./progress_counts.ts";

const REPORT_EVERY_MS = 60_000;
/** Shards whose lag is asked for at the same time. */
const ASKED_AT_ONCE = 4;

/** What is known of a shard while this process holds it. */
export interface ShardProgress extends Disposable {
  /** A page was pulled. */
  pulled(): void;
  /** A pull found nothing new. */
  caughtUp(): void;
  done(report: PageReport): void;
}

export interface SourceProgressOptions {
  readonly source: string;
  readonly shards: Pick<ShardsPort, "cursorAt" | "cursorTimeSec">;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

interface HeldShard {
  readonly shard: number;
  readonly tracker: Pick<CheckpointTracker, "reached" | "open">;
  caughtUp: boolean;
}

/** The shard that lags most, of those that could be asked. */
interface Lags {
  /** By how much the receipt of the newest log group is later than that of the oldest undelivered one. */
  readonly most: { readonly shard: number; readonly sec: number } | undefined;
  /** Shards that have more to read and whose lag the server did not tell. */
  readonly unknown: number;
}

/**
 * Says once a minute what was delivered of a source and how far behind its shards are, and at the end what all came
 * to. Silent while nothing comes and nothing is behind.
 */
export class SourceProgress {
  readonly #options: SourceProgressOptions;
  readonly #held = new Map<number, HeldShard>();
  readonly #startMs: number;
  #total = NO_LOGS;
  #sinceReport = NO_LOGS;
  /** Shards that were given back with more to read. */
  #leftBehind = 0;

  constructor(options: SourceProgressOptions) {
    this.#options = options;
    this.#startMs = options.clock.monotonicMs();
  }

  /** Follows a shard until the result is disposed. */
  follow(shard: number, tracker: HeldShard["tracker"]): ShardProgress {
    const held: HeldShard = { shard, tracker, caughtUp: false };
    this.#held.set(shard, held);
    this.#leftBehind = 0; // the program is not ending yet
    return {
      pulled: () => held.caughtUp = false,
      caughtUp: () => held.caughtUp = true,
      done: (report) => {
        this.#total = addPage(this.#total, report);
        this.#sinceReport = addPage(this.#sinceReport, report);
      },
      [Symbol.dispose]: () => {
        if (isBehind(held)) this.#leftBehind++;
        this.#held.delete(shard);
      },
    };
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
      const behind = [...this.#held.values()].filter(isBehind);
      const shards = this.#held.size;
      if (counts === NO_LOGS && behind.length === 0) continue;
      const { most, unknown } = await this.#lagsOf(behind, signal);
      telemetry({
        type: "progress",
        source,
        seconds,
        ...counts,
        shards,
        behind: behind.length,
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

  async #lagsOf(behind: readonly HeldShard[], signal: AbortSignal): Promise<Lags> {
    const waiting = [...behind];
    let most: Lags["most"];
    let unknown = 0;
    await Promise.all(Array.from({ length: ASKED_AT_ONCE }, async () => {
      for (let held = waiting.pop(); held; held = waiting.pop()) {
        const sec = await this.#lagSec(held, signal);
        if (sec === undefined) unknown++;
        else if (!most || sec > most.sec) most = { shard: held.shard, sec };
      }
    }));
    return { most, unknown };
  }

  /** Undefined when the server does not tell: its refusals are told of where the shard is read. */
  async #lagSec({ shard, tracker }: HeldShard, signal: AbortSignal): Promise<number | undefined> {
    const { shards } = this.#options;
    const { reached } = tracker;
    try {
      const end = cursorNumber(await shards.cursorAt(shard, "end", signal));
      const at = cursorNumber(reached);
      if (end === undefined || at === undefined) return undefined;
      if (at >= end) return 0;
      const newestSec = await shards.cursorTimeSec(shard, btoa(String(end - 1n)), signal);
      return Math.max(0, newestSec - await shards.cursorTimeSec(shard, reached, signal));
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }
}

/** Not what is on its way: a shard whose last page is being sent has nothing more to read. */
function isBehind({ caughtUp, tracker }: HeldShard): boolean {
  return !caughtUp || tracker.open > 0;
}
