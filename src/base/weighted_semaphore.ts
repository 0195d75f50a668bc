/** WeightedSemaphore that somebody holds; they go back by `release`. */
export interface SemaphoreGuard {
  /** How many are held. */
  readonly count: number;
  /** Holds `count` if the missing ones are free at once. @returns whether it does. */
  grow(count: number): boolean;
  /** Gives back those above `count`. */
  shrink(count: number): void;
  /** Gives all back; more than once does nothing. */
  release(): void;
}

/**
 * A number of permits that callers take and give back, in the order in which they asked.
 *
 * A caller that asks for more than exist gets them when all others are back: one oversize piece of
 * work is slow, not stuck.
 */
export class WeightedSemaphore {
  readonly total: number;
  #taken = 0;
  readonly #waiting: { count: number; grant: () => void }[] = [];

  constructor(total: number) {
    this.total = total;
  }

  /** WeightedSemaphore that are held now. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Waits for `count` permits and takes them.
   * @throws the signal's reason when `signal` aborts first.
   */
  async acquire(count: number, signal?: AbortSignal): Promise<SemaphoreGuard> {
    signal?.throwIfAborted();
    if (this.#waiting.length === 0 && this.#fits(count)) {
      this.#taken += count;
      return this.#permit(count);
    }
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
    return this.#permit(count);
  }

  /** Takes `count` permits if so many are free and nobody waits; otherwise gives undefined. */
  tryAcquire(count: number): SemaphoreGuard | undefined {
    if (this.#waiting.length > 0 || this.#taken + count > this.total) return undefined;
    this.#taken += count;
    return this.#permit(count);
  }

  #fits(count: number): boolean {
    return this.#taken === 0 || this.#taken + count <= this.total;
  }

  #permit(count: number): SemaphoreGuard {
    let held = count;
    const giveBack = (back: number) => {
      if (back <= 0) return;
      held -= back;
      this.#taken -= back;
      this.#wake();
    };
    return {
      get count() {
        return held;
      },
      grow: (wanted) => {
        const more = wanted - held;
        if (more <= 0) return true;
        // Not ahead of those that wait; but what is alone may always grow.
        const alone = this.#taken === held;
        if (!alone && (this.#waiting.length > 0 || this.#taken + more > this.total)) return false;
        held += more;
        this.#taken += more;
        return true;
      },
      shrink: (wanted) => giveBack(held - wanted),
      release: () => giveBack(held),
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
