import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { troubleOf } from "../base/trouble_of.ts";

const RETRY = { baseMs: 500, capMs: 30_000 };

/** What trying again needs. */
export interface PersistOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
  /** Whom a failure hits. */
  readonly source?: string;
  readonly shard?: number;
}

/**
 * Tries until it works, and tells of each failure.
 * @param about Names the work in the reports, such as `p/l shard 3: list the shards`.
 * @throws the signal's reason when `signal` aborts first; `work` is to end then too.
 */
export async function persist<T>(
  about: string,
  options: PersistOptions,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      const result = await work();
      if (attempt > 1) options.telemetry({ type: "recovered", about });
      return result;
    } catch (error) {
      signal.throwIfAborted();
      await pauseAfter(about, attempt, error, options, signal);
    }
  }
}

/** Tells of failed try number `attempt` and waits, longer after each. */
export async function pauseAfter(
  about: string,
  attempt: number,
  error: unknown,
  { clock, random, telemetry, ...options }: PersistOptions,
  signal: AbortSignal,
): Promise<void> {
  const retryInMs = backoffMs(RETRY, attempt, random);
  telemetry(troubleOf(about, error, "It is tried again", retryInMs, hitOf(options)));
  await clock.sleep(retryInMs, signal);
}

/** Whom a failure hits. */
function hitOf({ source, shard }: Pick<PersistOptions, "source" | "shard">) {
  return { ...(source !== undefined && { source }), ...(shard !== undefined && { shard }) };
}
