import type { Clock } from "./clock.ts";

export interface RateLimitOptions {
  /** How many come back in a second. */
  readonly perSecond: number;
  /** How many may pass at once after a rest. In no second do more pass than both together. */
  readonly burst: number;
}

/** Makes callers wait so that not too many pass in any second; a rest saves up for a few at once. */
export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #clock: Clock;
  #left: number;
  #countedMs: number;

  constructor(options: RateLimitOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#left = options.burst;
    this.#countedMs = clock.monotonicMs();
  }

  /**
   * Waits until one more may pass.
   * @throws the signal's reason when `signal` aborts first; then none has passed.
   */
  async pass(signal?: AbortSignal): Promise<void> {
    for (;;) {
      this.#count();
      if (this.#left >= 1) break;
      await this.#clock.sleep((1 - this.#left) / this.#options.perSecond * 1000, signal);
    }
    this.#left--;
  }

  #count(): void {
    const { perSecond, burst } = this.#options;
    const nowMs = this.#clock.monotonicMs();
    const more = (nowMs - this.#countedMs) / 1000 * perSecond;
    // Sums of fractions fall short by some bits: a wait for exactly one must find one.
    this.#left = Math.min(burst, Math.round((this.#left + more) * 1e9) / 1e9);
    this.#countedMs = nowMs;
  }
}
