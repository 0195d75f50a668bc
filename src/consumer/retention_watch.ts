import { troubleOf } from "../base/trouble_of.ts";
import type { CheckpointTracker } from "./checkpoint_tracker.ts";
import type { PersistOptions } from "./persist.ts";
import type { ShardsPort } from "./ports.ts";
import type { Retention } from "./retention.ts";

/** The first look comes soon after the start: a long stop may have left little time. */
const FIRST_LOOK_MS = 10_000;
const LOOK_EVERY_MS = 60_000;
/** As long as it lasts the warning is repeated. */
const WARN_EVERY_MS = 3_600_000;
/** The part of the retention from which on the lag is near it. */
const NEAR = 0.8;

type Progress = Pick<CheckpointTracker, "reached" | "open">;

export interface RetentionWatchOptions extends PersistOptions {
  readonly source: string;
  readonly shard: number;
  readonly shards: Pick<ShardsPort, "cursorTimeSec">;
  readonly retention: Pick<Retention, "sec">;
}

/** Warns when a shard lags so far behind that its logs are about to expire unread. */
export class RetentionWatch {
  readonly #options: RetentionWatchOptions;
  /** The last pull found nothing new: there is no lag unless something is in hand. */
  #caughtUp = false;
  #warnAgainMs = -Infinity;

  constructor(options: RetentionWatchOptions) {
    this.#options = options;
  }

  /** A page was pulled. */
  pulled(): void {
    this.#caughtUp = false;
  }

  /** A pull found nothing new. */
  caughtUp(): void {
    this.#caughtUp = true;
  }

  /**
   * Looks from time to time, until `signal` aborts.
   * @param tracker Says before which cursor everything is delivered, and whether anything is in hand.
   */
  async run(tracker: Progress, signal: AbortSignal): Promise<void> {
    const { clock, telemetry, source, shard } = this.#options;
    const about = `${source} shard ${shard}: look how far behind it is`;
    let failed = false;
    for (let waitMs = FIRST_LOOK_MS;; waitMs = LOOK_EVERY_MS) {
      await clock.sleep(waitMs, signal);
      try {
        await this.#look(tracker, signal);
        if (failed) telemetry({ type: "recovered", about });
        failed = false;
      } catch (error) { // a cursor that is refused is dealt with where it is read
        signal.throwIfAborted();
        failed = true;
        telemetry(troubleOf(about, error, "It is tried again", LOOK_EVERY_MS, { source, shard }));
      }
    }
  }

  async #look({ reached, open }: Progress, signal: AbortSignal): Promise<void> {
    const { clock, telemetry, source, shard, shards, retention } = this.#options;
    if (this.#caughtUp && open === 0) {
      this.#warnAgainMs = -Infinity;
      return;
    }
    const retentionSec = await retention.sec(signal);
    if (retentionSec === undefined || retentionSec === Infinity) return;
    const receivedSec = await shards.cursorTimeSec(shard, reached, signal);
    const lagSec = Math.round(clock.nowMs() / 1000 - receivedSec);
    if (lagSec < retentionSec * NEAR) {
      this.#warnAgainMs = -Infinity;
      return;
    }
    if (clock.monotonicMs() < this.#warnAgainMs) return;
    this.#warnAgainMs = clock.monotonicMs() + WARN_EVERY_MS;
    telemetry({ type: "retention_near", source, shard, lagSec, retentionSec });
  }
}
