import type { Clock } from "./clock.ts";
import type { Telemetry } from "./telemetry.ts";

/** What most parts of the program take from outside, so that tests can replace it. */
export interface Env {
  readonly clock: Clock;
  /** Returns numbers from 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  readonly telemetry: Telemetry;
}
