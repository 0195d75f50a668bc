import { Backoff } from "../../base/backoff.ts";
import type { Env } from "../../base/env.ts";
import { abortable } from "../../base/on_abort.ts";
import type { EventRange } from "../request_body.ts";
import type { SourceDelivery } from "../source_delivery.ts";
import type { AckResult } from "./ack_ids.ts";
import { type AckPoller, FRUITLESS_ROUNDS } from "./ack_poller.ts";

/** Before a resend: behind a load balancer that is not sticky, channels are invalidated all the time. */
const BEFORE_RESEND = { baseMs: 500, capMs: 30_000 };

const NO_ACKS_HINT =
  "The source is held and keeps its logs; one event is tried now and then. Look for full queues and " +
  "blocked indexing in Splunk, make the load balancer in front of the indexers sticky, or set";

/** Why events are resent, and what to do about it. */
const REASONS: Readonly<Record<Exclude<AckResult, "acked">, readonly [why: string, hint: string]>> =
  {
    timed_out: [
      "their acknowledgement did not come in time",
      "If this lasts, look for full queues in Splunk, and check that the load balancer is sticky",
    ],
    invalidated: [
      "their channel leads to an indexer that does not know them",
      "From now on each request has its own channel, so this ends; acknowledgements are found faster " +
      "with a sticky load balancer",
    ],
    ambiguous: [
      "their acknowledgement may be that of other events, whose answer was lost",
      "They may be duplicated. If this lasts, find out what cuts connections to Splunk",
    ],
  };

/** Events that wait for one acknowledgement. */
interface Pending {
  readonly range: EventRange;
  /** Name of the endpoint that accepted the events. */
  readonly endpoint: string;
  readonly result: Promise<AckResult>;
  readonly poller: AckPoller;
  /** Whether the events probe for a held source. */
  readonly isProbe: boolean;
}

/** Events that must be resent. */
interface Unacknowledged {
  readonly range: EventRange;
  /** Why the source must be held first; undefined when it is not. */
  readonly hold: { readonly why: string; readonly hint: string } | undefined;
}

/** The events of one batch that Splunk has accepted and not yet acknowledged. */
export class PendingAcks {
  /** Number of ranges whose acknowledgement did not come in time. */
  timeouts = 0;
  readonly #env: Env;
  readonly #source: SourceDelivery;
  readonly #signal: AbortSignal;
  readonly #onAcked: (isProbe: boolean) => void;
  readonly #pending: Pending[] = [];
  #backoff: Backoff | undefined;

  /**
   * @param onAcked Called after each acknowledgement, with whether it is that of a probe.
   */
  constructor(
    env: Env,
    source: SourceDelivery,
    signal: AbortSignal,
    onAcked: (isProbe: boolean) => void,
  ) {
    this.#env = env;
    this.#source = source;
    this.#signal = signal;
    this.#onAcked = onAcked;
  }

  get isEmpty(): boolean {
    return this.#pending.length === 0;
  }

  /** Whether events wait that probe for a held source. */
  get hasProbe(): boolean {
    return this.#pending.some(({ isProbe }) => isProbe);
  }

  add(pending: Pending): void {
    this.#pending.push(pending);
  }

  /**
   * Waits for the oldest acknowledgement, or for that of a probe.
   * @returns the events if they must be resent.
   * @throws the signal's reason when it aborts.
   */
  async settleNext(): Promise<Unacknowledged | undefined> {
    const at = Math.max(0, this.#pending.findIndex(({ isProbe }) => isProbe));
    const [pending] = this.#pending.splice(at, 1);
    if (!pending) return undefined;
    const { range, endpoint, poller, isProbe } = pending;
    const result = await abortable(pending.result, this.#signal);
    if (result === "acked") {
      this.#onAcked(isProbe);
      return undefined;
    }
    const count = `${range.to - range.from} events`;
    if (result === "timed_out") {
      this.timeouts++;
      if (poller.holds) {
        return {
          range,
          hold: {
            why: `Cannot count ${count} at ${endpoint} as delivered: it answers polls, and has ` +
              `acknowledged nothing for ${FRUITLESS_ROUNDS} times ${
                this.#source.option("ack_timeout")
              }`,
            hint: `${NO_ACKS_HINT} ${this.#source.option("ack")}: off`,
          },
        };
      }
    }
    const [why, hint] = REASONS[result];
    this.#backoff ??= new Backoff(BEFORE_RESEND, this.#env);
    const retryInMs = result === "timed_out" ? 0 : this.#backoff.failed();
    this.#source.failed(`${count} that ${endpoint} accepted are resent: ${why}`, {
      hint,
      retryInMs,
    });
    await this.#env.clock.sleep(retryInMs, this.#signal);
    return { range, hold: undefined };
  }
}
