import { Condition } from "./condition.ts";

/** A queue between one producer and one consumer. A full queue makes the producer wait. */
export class BoundedQueue<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  readonly #changed = new Condition();
  #closed = false;

  /**
   * @param capacity Most items that the queue holds; `put` waits while it is full.
   */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /**
   * Adds an item, when there is room.
   * @throws the signal's reason when `signal` aborts first.
   */
  async put(item: T, signal: AbortSignal): Promise<void> {
    while (this.#items.length >= this.#capacity) await this.#changed.wait(signal);
    this.#items.push(item);
    this.#changed.notify();
  }

  /** Ends the queue: no more items will be put. Those in it can still be taken. */
  close(): void {
    this.#closed = true;
    this.#changed.notify();
  }

  /**
   * Takes the oldest item, as soon as there is one.
   * @returns undefined once the queue is closed and empty.
   * @throws the signal's reason when `signal` aborts first.
   */
  async take(signal: AbortSignal): Promise<T | undefined> {
    while (this.#items.length === 0) {
      if (this.#closed) return undefined;
      await this.#changed.wait(signal);
    }
    const item = this.#items.shift();
    this.#changed.notify();
    return item;
  }

  /** Takes all items, without waiting. */
  drain(): T[] {
    const items = this.#items.splice(0);
    this.#changed.notify();
    return items;
  }
}
