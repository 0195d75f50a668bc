import { troubleOf } from "../base/trouble_of.ts";
import type { PersistOptions } from "./persist.ts";
import type { Retention } from "./retention.ts";
import type { ShardLag } from "./shard_lag.ts";

/** The first look comes soon after the start: a long stop may have left little time. */
const FIRST_LOOK_MS = 10_000;
const LOOK_EVERY_MS = 60_000;
/** As long as it lasts the warning is repeated. */
const WARN_EVERY_MS = 3_600_000;
/** The part of the retention from which on the lag is near it. */
const NEAR = 0.8;

type Lag = Pick<ShardLag, "ask" | "isBehind">;

export interface RetentionWatchOptions extends PersistOptions {
  readonly source: string;
  readonly shard: number;
  readonly retention: Pick<Retention, "sec">;
}

/** Warns when a shard lags so far behind that its logs are about to expire unread. */
export class RetentionWatch {
  readonly #options: RetentionWatchOptions;
  #warnAgainMs = -Infinity;

  constructor(options: RetentionWatchOptions) {
    this.#options = options;
  }

  /**
   * Looks from time to time, until `signal` aborts.
   * @param lag How far behind the shard is.
   */
  async run(lag: Lag, signal: AbortSignal): Promise<void> {
    const { clock, telemetry, source, shard } = this.#options;
    const about = `${source} shard ${shard}: look how far behind it is`;
    let failed = false;
    for (let waitMs = FIRST_LOOK_MS;; waitMs = LOOK_EVERY_MS) {
      await clock.sleep(waitMs, signal);
      try {
        await this.#look(lag, signal);
        if (failed) telemetry({ type: "recovered", about });
        failed = false;
      } catch (error) { // a cursor that is refused is dealt with where it is read
        signal.throwIfAborted();
        failed = true;
        telemetry(troubleOf(about, error, "It is tried again", LOOK_EVERY_MS, { source, shard }));
      }
    }
  }

  async #look(lag: Lag, signal: AbortSignal): Promise<void> {
    const { clock, telemetry, source, shard, retention } = this.#options;
    if (!lag.isBehind) {
      this.#warnAgainMs = -Infinity;
      return;
    }
    const retentionSec = await retention.sec(signal);
    if (retentionSec === undefined || retentionSec === Infinity) return;
    const lagSec = await lag.ask(signal);
    if (lagSec < retentionSec * NEAR) {
      this.#warnAgainMs = -Infinity;
      return;
    }
    if (clock.monotonicMs() < this.#warnAgainMs) return;
    this.#warnAgainMs = clock.monotonicMs() + WARN_EVERY_MS;
    telemetry({ type: "retention_near", source, shard, lagSec, retentionSec });
  }
}
