import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { abortable } from "../base/abortable.ts";
import type { AckResult } from "./ack_ids.ts";
import type { EventRange } from "./event_range.ts";
import type { Route } from "./route.ts";

/** Behind a balancer that is not sticky channels break all the time: not every time at once again. */
const AFTER_BREAK = { baseMs: 500, capMs: 30_000 };

/** Why events are sent again, and what to do about it. */
const REASONS: Readonly<Record<Exclude<AckResult, "acked">, readonly [why: string, hint: string]>> =
  {
    timed_out: [
      "their acknowledgement did not come in time",
      "If this lasts, look for full queues in Splunk, and check that the balancer is sticky",
    ],
    broken: [
      "their channel leads to an indexer that does not know them",
      "After a restart of Splunk this passes. If it lasts, make the balancer sticky, or set hec.ack: off",
    ],
    doubtful: [
      "their acknowledgement may be that of others, whose answer was lost",
      "They may come twice. If this lasts, find out what cuts connections to Splunk",
    ],
  };

export interface PendingAcksOptions {
  readonly route: Route;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

interface Pending {
  readonly range: EventRange;
  /** Name of the endpoint that took the events. */
  readonly endpoint: string;
  readonly result: Promise<AckResult>;
}

/** The events of one batch that Splunk has taken and not yet acknowledged. */
export class PendingAcks {
  /** Ranges whose acknowledgement did not come in time. */
  timeouts = 0;
  readonly #options: PendingAcksOptions;
  readonly #pending: Pending[] = [];
  #breaks = 0;

  constructor(options: PendingAcksOptions) {
    this.#options = options;
  }

  /** Whether nothing is waited for. */
  get isEmpty(): boolean {
    return this.#pending.length === 0;
  }

  add(range: EventRange, endpoint: string, result: Promise<AckResult>): void {
    this.#pending.push({ range, endpoint, result });
  }

  /**
   * Waits for the oldest acknowledgement.
   * @returns the events when they must be sent again.
   * @throws the signal's reason when it aborts.
   */
  async settleOldest(): Promise<EventRange | undefined> {
    const pending = this.#pending.shift();
    if (!pending) return undefined;
    const { range, endpoint } = pending;
    const { route, clock, random, signal } = this.#options;
    const result = await abortable(pending.result, signal);
    if (result === "acked") return undefined;
    const what = `${range.to - range.from} events that ${endpoint} took are sent again`;
    const [why, hint] = REASONS[result];
    let retryInMs = 0;
    if (result === "timed_out") this.timeouts++;
    else retryInMs = backoffMs(AFTER_BREAK, ++this.#breaks, random);
    route.trouble(`${what}: ${why}`, hint, retryInMs);
    await clock.sleep(retryInMs, signal);
    return range;
  }
}
