import type { Clock } from "../base/clock.ts";
import { httpDateMs } from "../base/http_headers.ts";

/** A `Date` outside of this range is not from a running clock. */
const PLAUSIBLE_MS = { min: Date.UTC(2015), max: Date.UTC(2100) };
/** Clocks that differ by less count as the same. */
const SAME_TIME_MS = 2000;

/** The server's time, learned from the `Date` headers of its answers. */
export class ServerClock {
  readonly #clock: Clock;
  /** Server time minus ours, learned when the server refuses our time. */
  #signingOffsetMs = 0;
  /** Server time minus ours by the last answer; 0 while the difference may be due to rounding or latency. */
  #aheadMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The server's time, in milliseconds since 1970; this host's own time where that is about the same. */
  get nowMs(): number {
    return this.#clock.nowMs() + this.#aheadMs;
  }

  /** The time to sign requests with: this host's own, until the server has refused it. */
  get signingTimeMs(): number {
    return this.#clock.nowMs() + this.#signingOffsetMs;
  }

  /** Notes the `Date` of an answer. */
  note(date: string | null): void {
    if (date === null) return;
    const offsetMs = this.#offsetOf(date);
    if (offsetMs === undefined) return;
    const aheadMs = offsetMs + 500; // a date is cut to the second
    this.#aheadMs = Math.abs(aheadMs) < SAME_TIME_MS ? 0 : aheadMs;
  }

  /**
   * Takes the `Date` of an answer that refused our time as the time to sign with. One that is not plausible, such as that
   * of a proxy, resets it to this host's own time.
   */
  correctSigningTime(date: string | null): void {
    this.#signingOffsetMs = this.#offsetOf(date ?? "") ?? 0;
  }

  /** Server time minus ours; undefined for a text that is not a plausible time. */
  #offsetOf(date: string): number | undefined {
    const serverMs = httpDateMs(date) ?? NaN;
    const isPlausible = serverMs >= PLAUSIBLE_MS.min && serverMs <= PLAUSIBLE_MS.max;
    return isPlausible ? serverMs - this.#clock.nowMs() : undefined;
  }
}
