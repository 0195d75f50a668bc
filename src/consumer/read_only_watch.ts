import type { Clock } from "../base/clock.ts";

/** How long a shard must have nothing new before it is asked whether it will ever have. */
const IDLE_BEFORE_ASKING_MS = 30_000;

/** Notices that a split or merged shard, which takes no more writes, is read to its end. */
export class ReadOnlyWatch {
  readonly #clock: Clock;
  /** Since when every pull found nothing new. */
  #caughtUpSinceMs: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A page was pulled. */
  pulled(): void {
    this.#caughtUpSinceMs = undefined;
  }

  /** A pull found nothing new. */
  caughtUp(): void {
    this.#caughtUpSinceMs ??= this.#clock.monotonicMs();
  }

  /**
   * Resolves when a pull has found nothing new after the shard was seen to be read-only, and nothing is
   * pending. What was written between the last pull and the split would be missed otherwise.
   * @throws the reason of `signal`, or what `isReadOnly` throws.
   */
  async run(
    isPending: () => boolean,
    isReadOnly: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<void> {
    for (let readOnly = false;;) {
      await this.#clock.sleep(IDLE_BEFORE_ASKING_MS, signal);
      const sinceMs = this.#caughtUpSinceMs;
      if (sinceMs === undefined || isPending()) continue;
      if (readOnly) return;
      if (this.#clock.monotonicMs() - sinceMs < IDLE_BEFORE_ASKING_MS) continue;
      readOnly = await isReadOnly();
      if (readOnly) this.#caughtUpSinceMs = undefined;
    }
  }
}
