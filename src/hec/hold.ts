import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import type { TroubleCause } from "../base/telemetry.ts";
import type { Probe } from "./hold_gate.ts";
import type { Route } from "./route.ts";

/** A held source is tried again after a few seconds first, later about every half minute. */
const FIRST_MS = 5000;
const JITTER = { baseMs: 5000, capMs: 25_000 };

const USUAL_HINT =
  "The source is held and keeps its logs; it is tried again slowly. Check hec.url, " +
  "hec.token and the token's settings in Splunk";

/** One batch's part in holding its source: it probes, or waits for the batch that does. */
export class Hold {
  readonly #route: Route;
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  readonly #random: () => number;
  #probe: Probe | undefined;
  #waits = 0;

  constructor(route: Route, signal: AbortSignal, clock: Clock, random: () => number) {
    this.#route = route;
    this.#signal = signal;
    this.#clock = clock;
    this.#random = random;
  }

  /** Whether this batch need not wait for another that probes. */
  get mayPass(): boolean {
    return this.probes || !this.#route.gate.held;
  }

  /** Waits while another batch probes. */
  async pass(): Promise<void> {
    if (!this.mayPass) await this.#route.gate.pass(this.#signal);
  }

  /** Whether this batch is the one that finds out. */
  get probes(): boolean {
    return this.#probe !== undefined;
  }

  /**
   * Holds the source until the next slow try.
   * @param why What was attempted and found.
   * @param cause Where the same may hit other sources.
   * @returns whether this batch is to try; else `pass` waits for the one that does.
   */
  async wait(why: string, hint = USUAL_HINT, cause?: TroubleCause): Promise<boolean> {
    this.#probe ??= this.#route.gate.hold();
    if (!this.#probe) return false;
    this.#waits++;
    const retryInMs = FIRST_MS + backoffMs(JITTER, this.#waits, this.#random);
    this.#route.trouble(why, hint, retryInMs, true, cause);
    await this.#clock.sleep(retryInMs, this.#signal);
    return true;
  }

  /** The source's events are taken again, or this batch has ended: the others go on. */
  release(): void {
    this.#probe?.release();
    this.#probe = undefined;
    this.#waits = 0;
  }
}
