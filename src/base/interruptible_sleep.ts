import type { Clock } from "./clock.ts";
import { onAbort } from "./on_abort.ts";

/** A sleep that others can end early. Calling `wake` while nothing sleeps ends the next sleep at once. */
export class InterruptibleSleep {
  readonly #clock: Clock;
  #woken = false;
  #sleeper: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wake(): void {
    this.#woken = true;
    this.#sleeper?.abort();
  }

  /**
   * Waits for `ms` milliseconds or for `wake`. Only one caller may sleep at a time.
   * @throws the signal's reason when `signal` aborts.
   */
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (!this.#woken) {
      const sleeper = this.#sleeper = new AbortController();
      using _aborting = onAbort(signal, () => sleeper.abort());
      try {
        await this.#clock.sleep(ms, sleeper.signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (!sleeper.signal.aborted) throw error;
      } finally {
        this.#sleeper = undefined;
      }
    }
    this.#woken = false;
  }
}
