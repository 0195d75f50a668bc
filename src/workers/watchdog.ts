import type { Clock } from "../base/clock.ts";

const INTERVAL_MS = 1000;

/** How many pings running may go without an answer: while the other side starts, and afterwards. */
export interface PulseLimits {
  readonly atStart: number;
  readonly later: number;
}

/** Notices that another isolate has fallen silent: it hangs, or has closed itself, which nobody is told. */
export class Watchdog {
  readonly #limits: PulseLimits;
  readonly #clock: Clock;
  #heard = false;

  constructor(limits: PulseLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** The other side has said something, whatever it is. */
  heard(): void {
    this.#heard = true;
  }

  /**
   * Pings once a second. Counted, not timed: when this whole process was stopped for a while, nobody is to blame.
   * @param ping Sends one; gives false when there is nobody to ping any more.
   * @returns how long the other side has been silent; undefined when `ping` gave false.
   * @throws the signal's reason when `signal` aborts.
   */
  async untilSilent(ping: () => boolean, signal: AbortSignal): Promise<string | undefined> {
    let most = this.#limits.atStart;
    for (let missed = 0; missed < most;) {
      this.#heard = false;
      if (!ping()) return undefined;
      await this.#clock.sleep(INTERVAL_MS, signal);
      missed = this.#heard ? 0 : missed + 1;
      if (this.#heard) most = this.#limits.later;
    }
    return `it has not answered for ${most * INTERVAL_MS / 1000} s`;
  }
}
