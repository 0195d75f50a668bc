/** An overload halves the limit, at most once in this time: one overload fails many requests at once. */
const DECREASE = 0.5;
const DECREASE_PAUSE_MS = 500;
/** An answer slower than this, and this many times slower than usual, counts as rising latency. */
const SLOW_FACTOR = 4;
const MIN_SLOW_MS = 1000;
const SLOW_DECREASE = 0.9;
/** Weight of one answer in the moving average. */
const USUAL_WEIGHT = 0.05;

/**
 * How many requests one endpoint gets at once: one more for each round of good answers, half as many after an overload, a
 * little fewer while answers get slower (additive increase, multiplicative decrease). Never below one, so that it recovers
 * by itself.
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

  /** Maximum number of requests in flight now. */
  get limit(): number {
    return Math.max(1, Math.floor(this.#limit));
  }

  succeeded(latencyMs: number, nowMs: number): void {
    const usualMs = this.#usualMs ?? latencyMs;
    const slow = latencyMs > MIN_SLOW_MS && latencyMs > usualMs * SLOW_FACTOR;
    this.#usualMs = usualMs + (latencyMs - usualMs) * USUAL_WEIGHT;
    if (slow) this.#decrease(SLOW_DECREASE, nowMs);
    else this.#limit = Math.min(this.#max, this.#limit + 1 / this.#limit);
  }

  overloaded(nowMs: number): void {
    this.#decrease(DECREASE, nowMs);
  }

  /** Starts again from one, for an endpoint that is back after an outage. */
  restart(): void {
    this.#limit = 1;
  }

  #decrease(factor: number, nowMs: number): void {
    if (nowMs - this.#lastDecreaseMs < DECREASE_PAUSE_MS) return;
    this.#lastDecreaseMs = nowMs;
    this.#limit = Math.max(1, this.#limit * factor);
  }
}
