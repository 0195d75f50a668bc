import { Backoff, type BackoffOptions } from "./backoff.ts";
import type { Env } from "./env.ts";
import { type Affected, Incident, RETRIED } from "./incident.ts";

const USUAL_BACKOFF: BackoffOptions = { baseMs: 500, capMs: 30_000 };

/** What is tried, and how often. */
export interface RetryPolicy extends Affected {
  /** Names what is tried, for the reports, such as `p/l: list the shards`. */
  readonly about: string;
  /** The next thing to do, for an error that does not say it. */
  readonly hint?: string;
  /** Waits between tries: up to 0.5 s after the first failure, up to 30 s in the end, when left out. */
  readonly backoff?: BackoffOptions;
  /** Number of tries; without end when left out. */
  readonly tries?: number;
  /** Whether trying again can help after this error; always when left out. */
  readonly mayPass?: (error: unknown) => boolean;
}

/**
 * Tries until it works. Reports each failure that is followed by another try, and once that it works again.
 * @param work Must end when `signal` aborts.
 * @throws the signal's reason when `signal` aborts first.
 * @throws the last error of `work` when no further try is allowed; that one is not reported.
 */
export async function retry<T>(
  env: Env,
  policy: RetryPolicy,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const { about, hint = RETRIED, tries = Infinity, mayPass = () => true } = policy;
  const backoff = new Backoff(policy.backoff ?? USUAL_BACKOFF, env);
  const incident = new Incident(env, about, policy);
  for (;;) {
    try {
      const result = await work();
      incident.recovered();
      return result;
    } catch (error) {
      signal.throwIfAborted();
      const retryInMs = backoff.failed();
      if (backoff.failures >= tries || !mayPass(error)) throw error;
      incident.failed(error, { hint, retryInMs });
      await env.clock.sleep(retryInMs, signal);
    }
  }
}
