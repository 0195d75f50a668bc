/**
 * A number of permits that callers take and give back, in the order in which they asked.
 *
 * A caller that asks for more than exist gets them when all others are back: one oversize piece of
 * work is slow, not stuck.
 */
export class Permits {
  #total: number;
  #taken = 0;
  readonly #waiting: { count: number; keepFree: number; grant: () => void }[] = [];

  constructor(total: number) {
    this.#total = total;
  }

  /** Permits that exist. */
  get total(): number {
    return this.#total;
  }

  /** Permits that are taken now. */
  get taken(): number {
    return this.#taken;
  }

  /** Callers that wait now. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Changes how many exist. Fewer than are taken is fine: the surplus is not handed out again. */
  resize(total: number): void {
    this.#total = total;
    this.#wake();
  }

  /**
   * Waits for `count` permits and takes them.
   * @param keepFree Permits that must stay free for others after this call.
   * @returns the function that gives them back; more than one call of it does nothing.
   * @throws the signal's reason when `signal` aborts first.
   */
  async acquire(count = 1, signal?: AbortSignal, keepFree = 0): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.#waiting.length === 0 && this.#fits(count, keepFree)) return this.#take(count);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entry = { count, keepFree, grant: resolve };
    const abort = () => {
      const at = this.#waiting.indexOf(entry);
      if (at < 0) return; // granted in the same turn
      this.#waiting.splice(at, 1);
      reject(signal?.reason);
      this.#wake();
    };
    this.#waiting.push(entry);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      await promise;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
    return this.#giver(count);
  }

  /** Takes `count` permits if they are free now and nobody waits; otherwise gives undefined. */
  tryAcquire(count = 1, keepFree = 0): (() => void) | undefined {
    if (this.#waiting.length > 0 || !this.#fits(count, keepFree)) return undefined;
    return this.#take(count);
  }

  #fits(count: number, keepFree: number): boolean {
    return this.#taken === 0 || this.#taken + count + keepFree <= this.#total;
  }

  #take(count: number): () => void {
    this.#taken += count;
    return this.#giver(count);
  }

  #giver(count: number): () => void {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#taken -= count;
      this.#wake();
    };
  }

  #wake(): void {
    for (;;) {
      const first = this.#waiting[0];
      if (!first || !this.#fits(first.count, first.keepFree)) return;
      this.#waiting.shift();
      this.#taken += first.count;
      first.grant();
    }
  }
}
