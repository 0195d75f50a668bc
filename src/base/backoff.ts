import type { Env } from "./env.ts";

/** Waits that grow between tries. */
export interface BackoffOptions {
  /** Upper bound of the first wait. */
  readonly baseMs: number;
  /** Upper bound of every wait. */
  readonly capMs: number;
}

/** Waits that are listed; the last one is that of every further failure. */
export interface BackoffSteps {
  readonly stepsMs: readonly [number, ...number[]];
}

/**
 * The wait before try number `attempt` + 1, with full jitter: evenly spread from 0 to the bound, so that clients that
 * failed together do not come back together.
 * @param attempt Failed tries so far, from 1.
 * @param random Returns numbers from 0 (inclusive) to 1 (exclusive).
 * @param floorMs Shortest wait, such as a `Retry-After`; the jitter comes on top of it.
 */
function backoffMs(
  { baseMs, capMs }: BackoffOptions,
  attempt: number,
  random: () => number,
  floorMs = 0,
): number {
  const bound = Math.min(capMs, baseMs * 2 ** Math.min(attempt - 1, 30));
  return floorMs + Math.round(random() * bound);
}

/**
 * The backoff of one thing that is tried again: an endpoint, a proxy, a source. Everything that tries it shares one
 * backoff, so that callers that fail together make one series of tries and not one each.
 */
export class Backoff {
  readonly #policy: BackoffOptions | BackoffSteps;
  readonly #env: Pick<Env, "clock" | "random">;
  #failures = 0;
  #nextTryMs = -Infinity;

  /**
   * @param policy Waits that grow, with jitter; or steps, which are exact.
   */
  constructor(policy: BackoffOptions | BackoffSteps, env: Pick<Env, "clock" | "random">) {
    this.#policy = policy;
    this.#env = env;
  }

  /** Failed tries since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** When the next try may begin, by the clock's `monotonicMs`; -Infinity while nothing has failed. */
  get nextTryMs(): number {
    return this.#nextTryMs;
  }

  /** The wait after the next failure, for a backoff of steps; otherwise 0. */
  get nextStepMs(): number {
    return "stepsMs" in this.#policy ? stepMs(this.#policy, this.#failures + 1) : 0;
  }

  /** Milliseconds until the next try may begin; 0 when it may begin now. */
  get waitMs(): number {
    return Math.max(0, this.#nextTryMs - this.#env.clock.monotonicMs());
  }

  /**
   * Counts a failure.
   * @param floorMs Shortest wait, such as a `Retry-After`; jitter comes on top of it.
   * @returns the wait before the next try, in milliseconds.
   */
  failed(floorMs = 0): number {
    this.#failures++;
    const waitMs = "stepsMs" in this.#policy
      ? Math.max(floorMs, stepMs(this.#policy, this.#failures))
      : backoffMs(this.#policy, this.#failures, this.#env.random, floorMs);
    this.#nextTryMs = this.#env.clock.monotonicMs() + waitMs;
    return waitMs;
  }

  /** Postpones the next try until `floorMs` from now, if it would begin sooner. */
  atLeast(floorMs: number): void {
    this.#nextTryMs = Math.max(this.#nextTryMs, this.#env.clock.monotonicMs() + floorMs);
  }

  /** Forgets the failures: the next try may begin at once. */
  succeeded(): void {
    this.#failures = 0;
    this.#nextTryMs = -Infinity;
  }
}

function stepMs({ stepsMs }: BackoffSteps, failures: number): number {
  return stepsMs[Math.min(failures, stepsMs.length) - 1]!;
}
