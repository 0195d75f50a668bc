import type { Clock } from "../base/clock.ts";
import type { AckMode } from "./ack_mode.ts";
import type { AckPoller } from "./ack_poller.ts";
import type { Batch } from "./batch.ts";
import type { AckResult } from "./channel.ts";
import type { EndpointPool } from "./endpoint_pool.ts";
import { indexOf } from "./envelope_index.ts";
import { Hold } from "./hold.ts";
import { describeAnswer, Poster, type PostResult } from "./poster.ts";
import { eventAsSent, middleOf, RequestBody } from "./request_body.ts";
import type { Route } from "./route.ts";

/** Why an event is parked. */
export type ParkReason = "refused" | "too_large";

/** An event that HEC will never take. */
export interface RefusedEvent {
  /** Its number in the batch. */
  readonly at: number;
  /** Its envelope as it was sent; valid until the batch is reused. */
  readonly envelope: Uint8Array;
  readonly reason: ParkReason;
  /** HTTP status, code and text of the answer. */
  readonly status: number;
  readonly code: number | undefined;
  readonly text: string;
}

export interface DeliveryReport {
  readonly delivered: number;
  /** Numbers of the parked events in the batch. */
  readonly parked: readonly number[];
  /** Requests beyond the first for the same events. */
  readonly resends: number;
  readonly ackTimeouts: number;
}

export interface DeliveryOptions {
  readonly route: Route;
  readonly gzip: boolean;
  readonly ackMode: AckMode;
  readonly ackPoller: AckPoller;
  readonly pool: EndpointPool;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborts when the events are no longer ours to deliver. */
  readonly signal: AbortSignal;
  /** Keeps a refused event durably; the event counts as done only when this has resolved. */
  readonly park: (event: RefusedEvent) => Promise<void>;
  /** Where an event comes from, for messages: shard and cursor. */
  readonly placeOf: (at: number) => string;
}

interface Range {
  readonly from: number;
  readonly to: number;
  readonly divertedTo?: string | undefined;
}

interface PendingRange {
  readonly range: Range;
  readonly result: Promise<AckResult>;
}

type Decided = Extract<PostResult, { kind: "decided" }>;

/** Takes one batch to its end: every event accepted (and acknowledged) or parked. */
export class Delivery {
  readonly #batch: Batch;
  readonly #options: DeliveryOptions;
  readonly #hold: Hold;
  readonly #poster: Poster;
  /** Events that are still to be posted, in order. */
  #todo: Range[];
  readonly #pending: PendingRange[] = [];
  readonly #parked: number[] = [];
  #ranges = 0;
  #ackTimeouts = 0;

  constructor(batch: Batch, options: DeliveryOptions) {
    this.#batch = batch;
    this.#options = options;
    const { route, signal, clock, random } = options;
    this.#hold = new Hold(route, signal, clock, random);
    this.#poster = new Poster(route, this.#hold, signal, options);
    this.#todo = [{ from: 0, to: batch.count }];
  }

  /** @throws the reason of the signal when it aborts; then nothing is known of the events. */
  async run(): Promise<DeliveryReport> {
    try {
      for (;;) {
        const range = this.#todo.shift();
        if (range) await this.#postRange(range);
        else if (!await this.#awaitAck()) break;
      }
    } finally {
      this.#hold.release();
    }
    return {
      delivered: this.#batch.count - this.#parked.length,
      parked: this.#parked,
      resends: this.#poster.posts - this.#ranges,
      ackTimeouts: this.#ackTimeouts,
    };
  }

  async #postRange(range: Range): Promise<void> {
    const { gzip, ackMode, route } = this.#options;
    const { from, to, divertedTo } = range;
    if (from === to) return;
    this.#ranges++;
    const body = new RequestBody(this.#batch, from, to, gzip, divertedTo);
    const result = await this.#poster.post(body, ackMode.mayWait);
    if (result.kind === "part") {
      route.guard.taken(result.taken);
      this.#ranges--; // the rest goes again: a resend
      this.#todo.unshift({ ...range, from: from + result.taken });
      return;
    }
    const { outcome } = result;
    if (outcome.kind === "accepted") return await this.#accept(range, outcome.ackId, result);
    if (outcome.kind === "split") return await this.#split(range, outcome.tooLarge, result);
    const bad = from + outcome.index;
    const rest = outcome.kind === "refused"
      ? await this.#park(range, bad, "refused", result)
      : await this.#divert(range, bad, result);
    this.#todo.unshift(rest);
    if (bad > from) await this.#accept({ ...range, to: bad }, outcome.ackId, result);
  }

  /** The events of the range are in Splunk's hands; with acknowledgement that is not yet the end. */
  async #accept(range: Range, ackId: number | undefined, result: Decided): Promise<void> {
    const { ackMode, ackPoller, route } = this.#options;
    const whole = result.outcome.kind === "accepted";
    if (whole && result.outcome.pollAcks) ackPoller.hurry();
    const decision = whole ? ackMode.decide(ackId) : ackMode.decidePart(ackId);
    if (decision === "unproven") {
      this.#todo.unshift(range); // without the refused event it will get its id
      return;
    }
    if (decision === "missing") {
      this.#todo.unshift(range);
      return await this.#hold.wait(
        `Cannot count ${range.to - range.from} events at ${result.endpoint.name} as delivered: ` +
          `HEC accepted them without an id for acknowledgement`,
        "Switch indexer acknowledgement on for the token on every indexer, or set hec.ack: off",
      );
    }
    this.#hold.release();
    route.worked();
    route.guard.taken(range.to - range.from);
    if (decision === "wait") {
      if (result.broken) result.channel.break();
      this.#pending.push({
        range,
        result: result.broken
          ? Promise.resolve("broken")
          : ackPoller.wait(result.endpoint, result.channel, ackId!),
      });
    }
  }

  /** Waits for the oldest acknowledgement. @returns false when none is waited for. */
  async #awaitAck(): Promise<boolean> {
    const pending = this.#pending.shift();
    if (!pending) return false;
    const result = await abortable(pending.result, this.#options.signal);
    if (result === "acked") return true;
    if (result === "timed_out") this.#ackTimeouts++;
    this.#ranges--; // the same events again: a resend
    this.#todo.push(pending.range);
    return true;
  }

  /** @returns what is left to post behind the refused event. */
  async #park(
    range: Range,
    bad: number,
    reason: ParkReason,
    { answer, endpoint }: Decided,
  ): Promise<Range> {
    const { route, park, placeOf } = this.#options;
    if (!route.guard.mayPark()) {
      await this.#hold.wait(
        `Cannot deliver the event at ${placeOf(bad)} to ${endpoint.name}: ${
          describeAnswer(answer)
        }. So many events are refused that it is no single bad one`,
        "The source is held in place of parking them all. Mend what makes the events unfit, or raise " +
          "dead_letters.guard",
      );
      return { ...range, from: bad };
    }
    await park({
      at: bad,
      envelope: eventAsSent(this.#batch, bad, range.divertedTo),
      reason,
      status: answer.status,
      code: answer.code,
      text: answer.text,
    });
    this.#hold.release();
    this.#parked.push(bad);
    return { ...range, from: bad + 1 };
  }

  /** The token does not allow the event's index: the rest goes to the fallback index, or waits. */
  async #divert(range: Range, bad: number, { answer, endpoint }: Decided): Promise<Range> {
    const { route, placeOf } = this.#options;
    const index = indexOf(eventAsSent(this.#batch, bad, range.divertedTo));
    const { fallbackIndex } = route;
    if (fallbackIndex !== undefined && index !== undefined && index !== fallbackIndex) {
      route.diverted(index);
      return { ...range, from: bad, divertedTo: fallbackIndex };
    }
    await this.#hold.wait(
      `Cannot deliver the event at ${placeOf(bad)} to ${endpoint.name}: ${
        describeAnswer(answer)
      }; its index is ${index === undefined ? "the token's own" : `"${index}"`}`,
      "The source is held and keeps its logs. Allow the index for the token in Splunk, or set " +
        "hec.fallback_index",
    );
    return { ...range, from: bad, divertedTo: undefined };
  }

  async #split(range: Range, tooLarge: boolean, result: Decided): Promise<void> {
    const { from, to } = range;
    if (to - from === 1) {
      const rest = await this.#park(range, from, tooLarge ? "too_large" : "refused", result);
      this.#todo.unshift(rest);
      return;
    }
    const middle = middleOf(this.#batch, from, to);
    this.#todo.unshift({ ...range, to: middle }, { ...range, from: middle });
  }
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
