import { backoffMs } from "../base/backoff.ts";
import type { Env } from "../base/env.ts";
import { troubleOf } from "../base/trouble_of.ts";

const RETRY = { baseMs: 500, capMs: 30_000 };

/** What fails, as the reports of it say. */
export interface Work {
  /** Names the work, such as `p/l shard 3: list the shards`. */
  readonly about: string;
  /** The source and the shard that wait for it. */
  readonly source: string;
  readonly shard?: number;
}

/**
 * Tries until it works, and reports each failure.
 *
 * @throws the signal's reason when `signal` aborts first; `work` must end then too.
 */
export async function persist<T>(
  env: Env,
  about: Work,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      const result = await work();
      if (attempt > 1) env.telemetry({ type: "recovered", about: about.about });
      return result;
    } catch (error) {
      signal.throwIfAborted();
      const retryInMs = backoffMs(RETRY, attempt, env.random);
      const { source, shard } = about;
      env.telemetry(troubleOf(about.about, error, "It is tried again", retryInMs, {
        source,
        ...(shard !== undefined && { shard }),
      }));
      await env.clock.sleep(retryInMs, signal);
    }
  }
}
