import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";

const REPEAT_AFTER_MS = 3_600_000;

/** Tells of a source's logs whose time cannot be meant: at once, and then once an hour how many came meanwhile. */
export class OddTimes {
  readonly #source: string;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  #untold = 0;
  #toldMs = -Infinity;

  constructor(
    { source, clock, telemetry }: {
      readonly source: string;
      readonly clock: Clock;
      readonly telemetry: Telemetry;
    },
  ) {
    this.#source = source;
    this.#clock = clock;
    this.#telemetry = telemetry;
  }

  /** Counts logs that have gone out. */
  add(count: number): void {
    this.#untold += count;
    const nowMs = this.#clock.monotonicMs();
    if (this.#untold === 0 || nowMs - this.#toldMs < REPEAT_AFTER_MS) return;
    const logs = this.#untold;
    this.#untold = 0;
    this.#toldMs = nowMs;
    const source = this.#source;
    this.#telemetry({
      type: "trouble",
      about: `${source}: times of logs`,
      message: `${logs} logs of ${source} are of before 1990 or of more than a day ahead`,
      hint:
        "They are in Splunk under these times, where a search of today does not find them. Check the clock, the " +
        "time zone and the unit of the time of what writes them, and the clock of this host",
      retryInMs: 0,
      repeatAfterMs: REPEAT_AFTER_MS,
      source,
    });
  }
}
