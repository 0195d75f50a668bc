/** What one overload takes: half, at most once in this time, as one overload fails many requests at once. */
const DECREASE = 0.5;
const DECREASE_PAUSE_MS = 500;
/** A slower answer than this, and this many times the usual one, counts as rising latency. */
const SLOW_FACTOR = 4;
const SLOW_LEAST_MS = 1000;
const SLOW_DECREASE = 0.9;
/** How fast the idea of a usual answer follows. */
const USUAL_WEIGHT = 0.05;

/**
 * How many requests one endpoint gets at once: one more for each round of good answers, half as many
 * after an overload, a little fewer while answers get slower (additive increase, multiplicative
 * decrease). Never below one, so that speed comes back by itself.
 */
export class ConcurrencyLimit {
  readonly #max: number;
  #limit: number;
  #usualMs: number | undefined;
  #lastDecreaseMs = -Infinity;

  constructor(max: number, start = max) {
    this.#max = max;
    this.#limit = Math.min(max, start);
  }

  /** Requests that may be in flight now. */
  get limit(): number {
    return Math.max(1, Math.floor(this.#limit));
  }

  succeeded(latencyMs: number, nowMs: number): void {
    const usualMs = this.#usualMs ?? latencyMs;
    const slow = latencyMs > SLOW_LEAST_MS && latencyMs > usualMs * SLOW_FACTOR;
    this.#usualMs = usualMs + (latencyMs - usualMs) * USUAL_WEIGHT;
    if (slow) this.#decrease(SLOW_DECREASE, nowMs);
    else this.#limit = Math.min(this.#max, this.#limit + 1 / this.#limit);
  }

  overloaded(nowMs: number): void {
    this.#decrease(DECREASE, nowMs);
  }

  /** Starts over from one, as an endpoint that was away does. */
  restart(): void {
    this.#limit = 1;
  }

  #decrease(factor: number, nowMs: number): void {
    if (nowMs - this.#lastDecreaseMs < DECREASE_PAUSE_MS) return;
    this.#lastDecreaseMs = nowMs;
    this.#limit = Math.max(1, this.#limit * factor);
  }
}
