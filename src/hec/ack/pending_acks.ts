import { backoffMs } from "../../base/backoff.ts";
import type { Clock } from "../../base/clock.ts";
import { abortable } from "../../base/on_abort.ts";
import type { AckResult } from "./ack_ids.ts";
import { type AckPoller, FRUITLESS_ROUNDS } from "./ack_poller.ts";
import type { EventRange } from "../event_range.ts";
import type { Route } from "../route.ts";

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
      "From now on each request has a channel of its own, so that it passes; polls are quicker where the " +
      "balancer is sticky",
    ],
    doubtful: [
      "their acknowledgement may be that of others, whose answer was lost",
      "They may come twice. If this lasts, find out what cuts connections to Splunk",
    ],
  };

export interface PendingAcksOptions {
  readonly route: Route;
  /** Told of each acknowledgement, and whether it is of a probe. */
  readonly onAcked: (probe: boolean) => void;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

interface Pending {
  readonly range: EventRange;
  /** Name of the endpoint that took the events. */
  readonly endpoint: string;
  readonly result: Promise<AckResult>;
  readonly poller: AckPoller;
  /** Whether the events are to find out for a held source. */
  readonly probe: boolean;
}

/** Events that must be sent again. */
export interface Unacknowledged {
  readonly range: EventRange;
  /** Why the source is to be held first; undefined when it is not. */
  readonly hold: string | undefined;
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

  /** Whether events wait that are to find out for a held source. */
  get hasProbe(): boolean {
    return this.#pending.some(({ probe }) => probe);
  }

  add(pending: Pending): void {
    this.#pending.push(pending);
  }

  /**
   * Waits for the oldest acknowledgement, that of a probe first.
   * @returns the events when they must be sent again.
   * @throws the signal's reason when it aborts.
   */
  async settleNext(): Promise<Unacknowledged | undefined> {
    const at = Math.max(0, this.#pending.findIndex(({ probe }) => probe));
    const [pending] = this.#pending.splice(at, 1);
    if (!pending) return undefined;
    const { range, endpoint, poller, probe } = pending;
    const { route, clock, random, signal, onAcked } = this.#options;
    const result = await abortable(pending.result, signal);
    if (result === "acked") {
      onAcked(probe);
      return undefined;
    }
    const count = `${range.to - range.from} events`;
    if (result === "timed_out") {
      this.timeouts++;
      if (poller.holds) {
        return {
          range,
          hold: `Cannot count ${count} at ${endpoint} as delivered: it answers polls, and has ` +
            `acknowledged nothing for ${FRUITLESS_ROUNDS} times hec.ack_timeout`,
        };
      }
    }
    const [why, hint] = REASONS[result];
    const retryInMs = result === "timed_out" ? 0 : backoffMs(AFTER_BREAK, ++this.#breaks, random);
    route.trouble(`${count} that ${endpoint} took are sent again: ${why}`, hint, retryInMs);
    await clock.sleep(retryInMs, signal);
    return { range, hold: undefined };
  }
}
