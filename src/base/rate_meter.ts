/** Bytes that come back over time; fewer than none while more was taken than there was. */
export class RateMeter {
  /** Bytes that come back in a millisecond. */
  perMs: number;
  readonly #savedMs: number;
  readonly #owedMs: number;
  /** When it was, or will be, empty: it fills from then on. */
  #emptyAtMs: number;

  /**
   * @param savedMs The most that it saves up, as the time in which that comes back.
   * @param owedMs The most that is owed, likewise; what is taken beyond that is forgotten.
   */
  constructor(perMs: number, nowMs: number, savedMs: number, owedMs = Infinity) {
    this.perMs = perMs;
    this.#savedMs = savedMs;
    this.#owedMs = owedMs;
    this.#emptyAtMs = nowMs;
  }

  /** Bytes that it can save up. */
  get savedBytes(): number {
    return this.#savedMs * this.perMs;
  }

  /** How long until it has as many bytes; with none, until it owes nothing. */
  waitMs(bytes: number, nowMs: number): number {
    return this.#emptyAtMs + bytes / this.perMs - nowMs;
  }

  /** Takes bytes; gives back those below 0. */
  take(bytes: number, nowMs: number): void {
    const emptyAtMs = Math.max(this.#emptyAtMs, nowMs - this.#savedMs) + bytes / this.perMs;
    this.#emptyAtMs = Math.min(emptyAtMs, nowMs + this.#owedMs);
  }
}
