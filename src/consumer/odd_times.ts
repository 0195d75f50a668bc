import type { Env } from "../base/env.ts";

const REPEAT_AFTER_MS = 3_600_000;

/** Reports a source's logs with implausible times: at once, then once an hour how many have come since. */
export class OddTimes {
  readonly #env: Pick<Env, "clock" | "telemetry">;
  readonly #source: string;
  #unreported = 0;
  #reportedMs = -Infinity;

  /**
   * @param source Name of the source.
   */
  constructor(env: Pick<Env, "clock" | "telemetry">, source: string) {
    this.#env = env;
    this.#source = source;
  }

  /** Counts logs that have been sent. */
  add(count: number): void {
    this.#unreported += count;
    const nowMs = this.#env.clock.monotonicMs();
    if (this.#unreported === 0 || nowMs - this.#reportedMs < REPEAT_AFTER_MS) return;
    const logs = this.#unreported;
    this.#unreported = 0;
    this.#reportedMs = nowMs;
    const source = this.#source;
    this.#env.telemetry({
      type: "trouble",
      about: `${source}: times of logs`,
      message: `${logs} logs of ${source} have a time before 1990 or more than a day ahead`,
      hint:
        "They are in Splunk under these times, where a search of today does not find them. Check the clock, the " +
        "time zone and the unit of time of what writes them, and the clock of this host",
      retryInMs: 0,
      repeatAfterMs: REPEAT_AFTER_MS,
      source,
    });
  }
}
