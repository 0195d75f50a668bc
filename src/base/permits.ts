/** Gives permits back: the given number of those still held, or all. Giving back what is gone does nothing. */
export type GiveBack = (count?: number) => void;

/**
 * A number of permits that callers take and give back, in the order in which they asked.
 *
 * A caller that asks for more than exist gets them when all others are back: one oversize piece of
 * work is slow, not stuck.
 */
export class Permits {
  #total: number;
  #taken = 0;
  readonly #waiting: { count: number; grant: () => void }[] = [];

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
   * @throws the signal's reason when `signal` aborts first.
   */
  async acquire(count = 1, signal?: AbortSignal): Promise<GiveBack> {
    signal?.throwIfAborted();
    const free = this.tryAcquire(count);
    if (free) return free;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const entry = { count, grant: resolve };
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
  tryAcquire(count = 1): GiveBack | undefined {
    if (this.#waiting.length > 0 || !this.#fits(count)) return undefined;
    this.#taken += count;
    return this.#giver(count);
  }

  #fits(count: number): boolean {
    return this.#taken === 0 || this.#taken + count <= this.#total;
  }

  #giver(count: number): GiveBack {
    let held = count;
    return (back = held) => {
      const given = Math.min(back, held);
      held -= given;
      this.#taken -= given;
      if (given > 0) this.#wake();
    };
  }

  #wake(): void {
    for (;;) {
      const first = this.#waiting[0];
      if (!first || !this.#fits(first.count)) return;
      this.#waiting.shift();
      this.#taken += first.count;
      first.grant();
    }
  }
}
