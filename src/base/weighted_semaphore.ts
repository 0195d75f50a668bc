import { WaitQueue } from "./wait_queue.ts";

/** Permits that a caller holds. */
export interface SemaphoreGuard {
  /** Number of permits held. */
  readonly count: number;
  /**
   * Raises the number to `count` if the missing permits are free now.
   * @returns whether the guard holds `count` or more.
   */
  grow(count: number): boolean;
  /** Gives back the permits above `count`. */
  shrink(count: number): void;
  /** Gives all permits back. Calling it again does nothing. */
  release(): void;
}

/**
 * A fixed number of permits that callers take and give back, served in the order of asking.
 *
 * A caller that asks for more permits than exist gets them once all others are back: one oversize piece of work is slow,
 * not stuck.
 */
export class WeightedSemaphore {
  /** Number of permits that exist. */
  readonly total: number;
  #taken = 0;
  /** The callers that wait, and how many permits each wants. */
  readonly #waiting = new WaitQueue<number>(() => this.#grantWaiting());

  constructor(total: number) {
    this.total = total;
  }

  /** Number of permits that are held now; more than `total` while an oversize caller holds them. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Waits for `count` permits and takes them.
   * @throws the signal's reason when `signal` aborts first.
   */
  async acquire(count: number, signal?: AbortSignal): Promise<SemaphoreGuard> {
    signal?.throwIfAborted();
    if (this.#waiting.length === 0 && this.#fits(count)) this.#taken += count;
    else await this.#waiting.wait(count, signal);
    return this.#guard(count);
  }

  /** Takes `count` permits if they are free and no caller waits; otherwise returns undefined. */
  tryAcquire(count: number): SemaphoreGuard | undefined {
    if (this.#waiting.length > 0 || this.#taken + count > this.total) return undefined;
    this.#taken += count;
    return this.#guard(count);
  }

  #fits(count: number): boolean {
    return this.#taken === 0 || this.#taken + count <= this.total;
  }

  #guard(count: number): SemaphoreGuard {
    let held = count;
    const giveBack = (back: number) => {
      if (back <= 0) return;
      held -= back;
      this.#taken -= back;
      this.#grantWaiting();
    };
    return {
      get count() {
        return held;
      },
      grow: (wanted) => {
        const more = wanted - held;
        if (more <= 0) return true;
        // Never ahead of waiting callers. A guard that holds everything may always grow.
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

  #grantWaiting(): void {
    for (;;) {
      const count = this.#waiting.at(0);
      if (count === undefined || !this.#fits(count)) return;
      this.#taken += count;
      this.#waiting.grant(0);
    }
  }
}
