import { type SemaphoreGuard, WeightedSemaphore } from "../base/weighted_semaphore.ts";

/** All shards of this isolate share one core, with one workspace. */
const lock = new WeightedSemaphore(1);

/**
 * The right of one page to use the core. A page keeps it to its end: between two of its batches other work may run
 * that does not need the core, but no other page takes its place, which would cost a copy each time. Disposing gives
 * it back.
 */
export class CoreLock implements Disposable {
  #guard: SemaphoreGuard | undefined;

  private constructor(guard: SemaphoreGuard) {
    this.#guard = guard;
  }

  /**
   * Waits for the core.
   * @throws the signal's reason when `signal` aborts first.
   */
  static async acquire(signal: AbortSignal): Promise<CoreLock> {
    return new CoreLock(lock.tryAcquire(1) ?? await lock.acquire(1, signal));
  }

  /** Lets other pages use the core during `work`, which may take long. */
  async outside<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this[Symbol.dispose]();
    const result = await work();
    this.#guard = lock.tryAcquire(1) ?? await lock.acquire(1, signal);
    return result;
  }

  [Symbol.dispose](): void {
    this.#guard?.release();
    this.#guard = undefined;
  }
}
