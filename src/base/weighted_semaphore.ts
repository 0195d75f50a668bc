import { WaitQueue } from "./wait_queue.ts";

/** Permits that a caller has taken. */
export interface SemaphoreGuard {
  /** Number of permits taken. */
  readonly count: number;
  /**
   * Raises the number to `count` if the missing permits are free now.
   * @returns whether the guard has `count` or more.
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

  /** Number of permits that are taken now; more than `total` while an oversize caller has them. */
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
    let permits = count;
    const giveBack = (back: number) => {
      if (back <= 0) return;
      permits -= back;
      this.#taken -= back;
      this.#grantWaiting();
    };
    return {
      get count() {
        return permits;
      },
      grow: (wanted) => {
        const more = wanted - permits;
        if (more <= 0) return true;
        // Never ahead of waiting callers. A guard that has everything may always grow.
        const alone = this.#taken === permits;
        if (!alone && (this.#waiting.length > 0 || this.#taken + more > this.total)) return false;
        permits += more;
        this.#taken += more;
        return true;
      },
      shrink: (wanted) => giveBack(permits - wanted),
      release: () => giveBack(permits),
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
