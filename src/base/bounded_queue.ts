/**
 * A queue between one task that puts and one that takes, with a bound that makes the putter wait.
 */
export class BoundedQueue<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  #closed = false;
  #changed = Promise.withResolvers<void>();

  /** @param capacity Items that may wait; `put` waits while there are as many. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Items that wait. */
  get size(): number {
    return this.#items.length;
  }

  /** Adds an item when there is room. Throws the signal's reason when `signal` aborts first. */
  async put(item: T, signal: AbortSignal): Promise<void> {
    while (this.#items.length >= this.#capacity) await this.#change(signal);
    this.#items.push(item);
    this.#notify();
  }

  /** No more items come; those that wait can still be taken. */
  close(): void {
    this.#closed = true;
    this.#notify();
  }

  /** Takes the oldest item; undefined once the box is closed and empty. */
  async take(signal: AbortSignal): Promise<T | undefined> {
    while (this.#items.length === 0) {
      if (this.#closed) return undefined;
      await this.#change(signal);
    }
    const item = this.#items.shift();
    this.#notify();
    return item;
  }

  /** Takes everything that waits, without waiting. */
  drain(): T[] {
    const items = this.#items.splice(0);
    this.#notify();
    return items;
  }

  #notify(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  async #change(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    const abort = () => resolve();
    signal.addEventListener("abort", abort, { once: true });
    try {
      await Promise.race([this.#changed.promise, promise]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
    signal.throwIfAborted();
  }
}
