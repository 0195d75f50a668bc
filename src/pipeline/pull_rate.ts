import type { Clock } from "../base/clock.ts";
import { TokenBucket } from "../base/token_bucket.ts";

/** Assumed size of the first pages. */
const FIRST_PAGE_BYTES = 1_000_000;

/** One pull, as the rate counts it. Disposing ends it. */
export interface RateSlot extends Disposable {
  /** How many bytes the pull brought. */
  bytes: number;
}

/**
 * Spreads pulls over time so that all shards together read at most a number of bytes a second. The size of a page is not
 * known before it is pulled: it is assumed to be that of the last one, and corrected afterwards.
 */
export class PullRate {
  readonly #bucket: TokenBucket;
  #lastBytes = FIRST_PAGE_BYTES;

  constructor(bytesPerSec: number, clock: Clock) {
    this.#bucket = new TokenBucket({ perSecond: bytesPerSec, burst: 0 }, clock);
  }

  /**
   * Waits until a pull may start.
   * @throws the signal's reason when `signal` aborts first.
   */
  async wait(signal?: AbortSignal): Promise<RateSlot> {
    const assumedBytes = await this.#bucket.take(() => this.#lastBytes, signal);
    const slot: RateSlot = {
      bytes: 0,
      [Symbol.dispose]: () => {
        const { bytes } = slot;
        if (bytes > 0) this.#lastBytes = bytes;
        this.#bucket.correct(bytes - assumedBytes);
      },
    };
    return slot;
  }
}
