import type { Clock } from "./clock.ts";
import { WeightedSemaphore } from "./weighted_semaphore.ts";

interface TokenBucketOptions {
  /** Tokens that come back in a second. */
  readonly perSecond: number;
  /** Most tokens in the bucket: what may be taken at once after a rest. */
  readonly burst: number;
}

/**
 * Limits a rate: callers take tokens, which come back over time, and wait while there are too few. In no second are more
 * taken than `perSecond` and `burst` together.
 */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #clock: Clock;
  /** One caller at a time waits for tokens, in the order of asking. */
  readonly #turn = new WeightedSemaphore(1);
  /** When the bucket was, or will be, empty: it fills from then on. */
  #emptyAtMs: number;

  constructor({ perSecond, burst }: TokenBucketOptions, clock: Clock) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#clock = clock;
    this.#emptyAtMs = clock.monotonicMs() - this.#msOf(burst);
  }

  /**
   * Takes tokens, as soon as there are as many. More than `burst` are taken when the bucket is full, which later callers
   * wait for.
   * @throws the signal's reason when `signal` aborts first; then none are taken.
   */
  async take(count: number, signal?: AbortSignal): Promise<void> {
    const turn = await this.#turn.acquire(1, signal);
    try {
      for (;;) {
        const nowMs = this.#clock.monotonicMs();
        const waitMs = this.#emptyAtMs + this.#msOf(Math.min(count, this.#burst)) - nowMs;
        if (waitMs <= 0) {
          const fullMs = this.#msOf(this.#burst);
          this.#emptyAtMs = Math.max(this.#emptyAtMs, nowMs - fullMs) + this.#msOf(count);
          return;
        }
        await this.#clock.sleep(waitMs, signal);
      }
    } finally {
      turn.release();
    }
  }

  /** How long tokens take to come back. */
  #msOf(count: number): number {
    return count / this.#perMs;
  }
}
