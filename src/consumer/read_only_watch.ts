import type { Clock } from "../base/clock.ts";
import { InterruptibleSleep } from "../base/interruptible_sleep.ts";

/** Every event of interest wakes the watch; this only bounds its sleep. */
const LONGEST_SLEEP_MS = 3_600_000;

/** What the watch of one shard needs to know and do. */
export interface ReadOnlyWatchPort {
  /** Whether the shard takes no more writes, as far as is known. */
  isReadOnly(): Promise<boolean>;
  /** Whether a pulled page is unfinished or a checkpoint not written. */
  isPending(): boolean;
  /** Has the checkpoint written without waiting for its interval. */
  hurry(): void;
}

/** Notices that a split or merged shard, which takes no more writes, is read to its end. */
export class ReadOnlyWatch {
  readonly #wake: InterruptibleSleep;
  /** The last pull found nothing new; once the shard is read-only: a pull after that was seen. */
  #caughtUp = false;
  #readOnly = false;

  constructor(clock: Clock) {
    this.#wake = new InterruptibleSleep(clock);
  }

  /** A page was pulled. */
  pulled(): void {
    this.#caughtUp = false;
  }

  /** A pull found nothing new. */
  caughtUp(): void {
    this.#caughtUp = true;
    this.#wake.wake();
  }

  /** A page was finished or a checkpoint written. */
  settled(): void {
    if (this.#readOnly && this.#caughtUp) this.#wake.wake();
  }

  /**
   * Resolves when a pull has found nothing new after the shard was seen to be read-only, and nothing is
   * pending. What was written between the last pull and the split would be missed otherwise. Shards that
   * wait for this one, in an ordered group, wait for this moment: nothing here waits for an interval.
   * @throws the reason of `signal`, or what the port throws.
   */
  async run(port: ReadOnlyWatchPort, signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#wake.sleep(LONGEST_SLEEP_MS, signal);
      if (!this.#caughtUp) continue;
      if (!this.#readOnly) {
        this.#readOnly = await port.isReadOnly();
        if (this.#readOnly) this.#caughtUp = false;
      } else if (port.isPending()) {
        port.hurry();
      } else {
        return;
      }
    }
  }
}
