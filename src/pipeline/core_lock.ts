import { TurnLock } from "../base/turn_lock.ts";

/** All shards of this isolate share one core, with one workspace. */
const lock = new TurnLock();

/**
 * The right of one page to use the core. A page keeps it to its end: between two of its batches other work may run
 * that does not need the core, but no other page takes its place, which would cost a copy each time. Sources take
 * turns, so that one with many shards does not keep the pages of another waiting. Disposing gives it back.
 */
export class CoreLock implements Disposable {
  readonly #source: string;
  #held: Disposable | undefined;

  private constructor(source: string, held: Disposable) {
    this.#source = source;
    this.#held = held;
  }

  /**
   * Waits for the core.
   * @param source Whose page it is.
   * @throws the signal's reason when `signal` aborts first.
   */
  static async acquire(source: string, signal: AbortSignal): Promise<CoreLock> {
    return new CoreLock(source, lock.tryAcquire(source) ?? await lock.acquire(source, signal));
  }

  /** Lets other pages use the core during `work`, which may take long. */
  async outside<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    this[Symbol.dispose]();
    const result = await work();
    this.#held = lock.tryAcquire(this.#source) ?? await lock.acquire(this.#source, signal);
    return result;
  }

  [Symbol.dispose](): void {
    this.#held?.[Symbol.dispose]();
    this.#held = undefined;
  }
}
