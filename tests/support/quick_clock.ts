import { type Clock, systemClock } from "../../src/base/clock.ts";

/**
 * A clock that runs many times faster than the host's, for tests over real sockets: what waits for a
 * second waits for ten milliseconds, and all intervals and deadlines keep their proportions.
 */
export class QuickClock implements Clock {
  readonly #factor: number;
  readonly #startMs = systemClock.nowMs();
  readonly #startMonotonicMs = systemClock.monotonicMs();

  constructor(factor = 100) {
    this.#factor = factor;
  }

  nowMs(): number {
    return this.#startMs + this.monotonicMs();
  }

  monotonicMs(): number {
    return (systemClock.monotonicMs() - this.#startMonotonicMs) * this.#factor;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await systemClock.sleep(ms / this.#factor, signal);
  }
}
