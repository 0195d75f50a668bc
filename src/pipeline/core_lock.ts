import { type SemaphoreGuard, WeightedSemaphore } from "../base/weighted_semaphore.ts";

/** The core's workspace is one for all shards of this isolate. */
const turns = new WeightedSemaphore(1);

/**
 * The turn of one page in the core. Pages take turns whole: between two batches of a page others may do
 * what does not need the core, but no other page is put in its place, which costs a copy each time.
 */
export class CoreLock {
  #held: SemaphoreGuard | undefined;

  private constructor(held: SemaphoreGuard) {
    this.#held = held;
  }

  /** Waits for a turn. @throws the signal's reason when `signal` aborts first. */
  static async begin(signal: AbortSignal): Promise<CoreLock> {
    return new CoreLock(turns.tryAcquire(1) ?? await turns.acquire(1, signal));
  }

  /** Lets others have the core while `work` lasts, which may be long. */
  async outside<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this.end();
    const result = await work();
    this.#held = turns.tryAcquire(1) ?? await turns.acquire(1, signal);
    return result;
  }

  end(): void {
    this.#held?.release();
    this.#held = undefined;
  }
}
