import type { Clock } from "../base/clock.ts";
import { TokenBucket } from "../base/token_bucket.ts";

/** Assumed size of the first pages. */
const FIRST_PAGE_BYTES = 1_000_000;

/** A pull's place in the rate. */
export interface RateSlot {
  /** Says how many bytes the pull brought. */
  used(bytes: number): void;
}

/**
 * Spreads pulls over time so that all shards together read at most a number of bytes a second. The size of a page is not
 * known before it is pulled: it is assumed to be that of the last one, and corrected afterwards.
 */
export class PullRate {
  readonly #bytes: TokenBucket;
  #lastBytes = FIRST_PAGE_BYTES;

  constructor(bytesPerSec: number, clock: Clock) {
    this.#bytes = new TokenBucket({ perSecond: bytesPerSec, burst: 0 }, clock);
  }

  /**
   * Waits for the turn of one pull.
   * @throws the signal's reason when `signal` aborts first.
   */
  async wait(signal?: AbortSignal): Promise<RateSlot> {
    const assumed = await this.#bytes.take(() => this.#lastBytes, signal);
    return {
      used: (bytes) => {
        if (bytes > 0) this.#lastBytes = bytes;
        this.#bytes.correct(bytes - assumed);
      },
    };
  }
}
