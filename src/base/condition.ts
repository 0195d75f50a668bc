import { WaitQueue } from "./wait_queue.ts";

/**
 * Lets callers wait until something may have changed. A caller checks again after each wait:
 *
 * ```ts ignore
 * while (!isReady()) await changed.wait(signal);
 * ```
 */
export class Condition {
  readonly #waiting = new WaitQueue<void>();

  /**
   * Waits for the next `notify`.
   * @throws the signal's reason when `signal` aborts first, or at the same moment.
   */
  async wait(signal?: AbortSignal): Promise<void> {
    await this.#waiting.wait(undefined, signal);
    signal?.throwIfAborted();
  }

  /** Ends the wait of all callers. Later calls of `wait` wait for the next one. */
  notify(): void {
    while (this.#waiting.length > 0) this.#waiting.grant(0, undefined);
  }
}
