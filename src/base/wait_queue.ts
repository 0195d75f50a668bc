import { onAbort } from "./on_abort.ts";

interface Waiter<Wanted, Given> {
  readonly wanted: Wanted;
  readonly grant: (given: Given) => void;
  /** Ends watching the caller's signal. */
  watch: Disposable | undefined;
}

/**
 * Callers that wait for something, in order. The owner of the queue grants it to one caller at a time. A
 * caller whose signal aborts leaves the queue.
 */
export class WaitQueue<Wanted, Given = void> {
  readonly #waiting: Waiter<Wanted, Given>[] = [];
  readonly #onLeave: () => void;

  /**
   * @param onLeave Called after a caller has left because its signal aborted.
   */
  constructor(onLeave: () => void = () => {}) {
    this.#onLeave = onLeave;
  }

  /** Number of callers that wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** What the caller at `index` wants; undefined behind the end. */
  at(index: number): Wanted | undefined {
    return this.#waiting[index]?.wanted;
  }

  /** What each caller wants, in their order. */
  *[Symbol.iterator](): Generator<Wanted> {
    for (const { wanted } of this.#waiting) yield wanted;
  }

  /**
   * Waits until `grant` serves this caller. The caller is in the queue as soon as this returns.
   * @param ahead Waits before all others.
   * @throws the signal's reason when `signal` aborts first.
   */
  wait(wanted: Wanted, signal?: AbortSignal, ahead = false): Promise<Given> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<Given>();
    const waiter: Waiter<Wanted, Given> = { wanted, grant: resolve, watch: undefined };
    if (ahead) this.#waiting.unshift(waiter);
    else this.#waiting.push(waiter);
    waiter.watch = onAbort(signal, (reason) => {
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      reject(reason);
      this.#onLeave();
    });
    return promise;
  }

  /**
   * Serves the caller at `index`, which leaves the queue.
   * @throws {RangeError} when there is none.
   */
  grant(index: number, given: Given): void {
    const waiter = this.#waiting[index];
    if (!waiter) {
      throw new RangeError(`Cannot serve caller ${index}: ${this.#waiting.length} wait`);
    }
    this.#waiting.splice(index, 1);
    waiter.watch?.[Symbol.dispose]();
    waiter.grant(given);
  }
}
