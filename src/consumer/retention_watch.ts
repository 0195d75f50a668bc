import type { Env } from "../base/env.ts";
import { Incident, RETRIED } from "../base/incident.ts";
import { describeError, OperatorError } from "../base/errors.ts";
import type { ConsumerSource } from "./ports.ts";
import type { ShardLag } from "./shard_lag.ts";
import type { ShardWatch, WatchedShard } from "./shard_watch.ts";

/** The first look comes soon after the start: a long downtime may have left little time. */
const FIRST_LOOK_MS = 10_000;
const LOOK_EVERY_MS = 60_000;
/** How often the warning is repeated while it holds. */
const WARN_EVERY_MS = 3_600_000;
/** The part of the retention from which on a lag is near it. */
const NEAR = 0.8;
/** How long an answer, or the lack of one, is reused: the retention may change, or the permission may be granted. */
const REUSED_MS = 600_000;
/** How long a failure is reused that passes by itself. */
const PASSES_MS = 60_000;

/** Warns when a shard of a source lags so far behind that its logs are about to expire unread. */
export class RetentionWatch {
  readonly #env: Env;
  readonly #source: Pick<ConsumerSource, "name" | "logstore">;
  #retentionSec: number | undefined;
  #nextAskMs = 0;
  #isReported = false;

  constructor(env: Env, source: Pick<ConsumerSource, "name" | "logstore">) {
    this.#env = env;
    this.#source = source;
  }

  /** Begins to watch a shard. */
  follow({ shard, lag }: WatchedShard): ShardWatch {
    return { run: (signal) => this.#run(shard, lag, signal) };
  }

  async #run(shard: number, lag: ShardLag, signal: AbortSignal): Promise<void> {
    const { clock, telemetry } = this.#env;
    const { name: source } = this.#source;
    const about = `${source} shard ${shard}: look how far behind it is`;
    const looking = new Incident(this.#env, about, { source, shard });
    let warnAgainMs = -Infinity;
    for (let waitMs = FIRST_LOOK_MS;; waitMs = LOOK_EVERY_MS) {
      await clock.sleep(waitMs, signal);
      try {
        const found = await this.#look(lag, signal);
        if (found === "far") warnAgainMs = -Infinity;
        else if (found !== "unknown" && clock.monotonicMs() >= warnAgainMs) {
          warnAgainMs = clock.monotonicMs() + WARN_EVERY_MS;
          const { lagSec, retentionSec } = found;
          telemetry({ type: "retention_near", source, shard, lagSec, retentionSec });
        }
        looking.recovered();
      } catch (error) { // the reading of the shard deals with a refused cursor
        signal.throwIfAborted();
        looking.failed(error, { hint: RETRIED, retryInMs: LOOK_EVERY_MS });
      }
    }
  }

  /** Whether the lag is near the retention: if so, both in seconds. */
  async #look(
    lag: ShardLag,
    signal: AbortSignal,
  ): Promise<"far" | "unknown" | { readonly lagSec: number; readonly retentionSec: number }> {
    if (!lag.isBehind) return "far";
    const retentionSec = await this.#askRetention(signal);
    if (retentionSec === undefined || retentionSec === Infinity) return "unknown";
    const lagSec = await lag.ask(signal);
    return lagSec < retentionSec * NEAR ? "far" : { lagSec, retentionSec };
  }

  /**
   * For how long the logstore keeps its logs. Reading it needs a permission that nothing else needs, so the program
   * works without it, and reports once that it does.
   *
   * @returns seconds from receipt to expiry; undefined when unknown.
   * @throws the reason of `signal` when it aborts.
   */
  async #askRetention(signal: AbortSignal): Promise<number | undefined> {
    const { clock, telemetry } = this.#env;
    const { name: source, logstore } = this.#source;
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#nextAskMs) return this.#retentionSec;
    this.#nextAskMs = nowMs + REUSED_MS; // for the other shards too
    try {
      this.#retentionSec = await logstore.retentionSec(signal);
      this.#isReported = false;
    } catch (error) {
      if (signal.aborted) this.#nextAskMs = 0;
      signal.throwIfAborted();
      if (error instanceof OperatorError && error.passes) { // reported where the shards are read
        this.#nextAskMs = nowMs + PASSES_MS;
        return this.#retentionSec;
      }
      this.#retentionSec = undefined;
      if (!this.#isReported) {
        telemetry({
          type: "retention_unknown",
          source,
          message: describeError(error),
          hint: "Grant log:GetLogStore on the logstore to get the warning, or ignore this",
        });
      }
      this.#isReported = true;
    }
    return this.#retentionSec;
  }
}
