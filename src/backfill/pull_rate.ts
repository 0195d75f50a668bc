import type { Clock } from "../base/clock.ts";
import { WeightedSemaphore } from "../base/weighted_semaphore.ts";
import { InterruptibleSleep } from "../base/interruptible_sleep.ts";

/** What the first pulls are reckoned to bring. */
const FIRST_PAGE_BYTES = 1_000_000;

/** A pull's place in the rate; say what it brought when it is over. */
export interface RateSlot {
  used(bytes: number): void;
}

/**
 * Spreads pulls over time so that they bring at most so many bytes a second, over all shards together.
 * What a pull will bring is not known before it, so each is reckoned to bring what the last one did, and
 * set right afterwards.
 */
export class PullRate {
  readonly #bytesPerMs: number;
  readonly #clock: Clock;
  /** One pull at a time waits for its turn, in the order in which they came. */
  readonly #queue = new WeightedSemaphore(1);
  /** Woken when a pull brought other than reckoned. */
  readonly #corrected: InterruptibleSleep;
  #freeAtMs = 0;
  #lastBytes = FIRST_PAGE_BYTES;

  constructor(bytesPerSec: number, clock: Clock) {
    this.#bytesPerMs = bytesPerSec / 1000;
    this.#clock = clock;
    this.#corrected = new InterruptibleSleep(clock);
  }

  /**
   * Waits for the turn of one pull.
   * @throws the signal's reason when `signal` aborts first.
   */
  async wait(signal?: AbortSignal): Promise<RateSlot> {
    const turn = await this.#queue.acquire(1, signal);
    try {
      for (;;) {
        const waitMs = this.#freeAtMs - this.#clock.monotonicMs();
        if (waitMs <= 0) break;
        await this.#corrected.sleep(waitMs, signal);
      }
    } finally {
      turn.release();
    }
    const reckoned = this.#lastBytes;
    const startMs = Math.max(this.#freeAtMs, this.#clock.monotonicMs());
    this.#freeAtMs = startMs + reckoned / this.#bytesPerMs;
    return {
      used: (bytes) => {
        if (bytes > 0) this.#lastBytes = bytes;
        this.#freeAtMs += (bytes - reckoned) / this.#bytesPerMs;
        this.#corrected.wake();
      },
    };
  }
}
