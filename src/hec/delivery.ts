import type { Batch } from "../core/batch.ts";
import { indexOf } from "./envelope_index.ts";
import type { DeliveryReport } from "./delivery_report.ts";
import { type EventRange, firstAlone } from "./event_range.ts";
import type { DeliveryOptions } from "./delivery_options.ts";
import { describeAnswer } from "./hec_answer.ts";
import { Hold } from "./hold.ts";
import { PendingAcks } from "./ack/pending_acks.ts";
import { Poster } from "./poster.ts";
import type { Decided, FirstTaken } from "./post_result.ts";
import { eventAsSent, middleOf, RequestBody } from "./request_body.ts";
import { refusesAnySize } from "./refuses_any_size.ts";

type OutcomeOf<K extends Decided["outcome"]["kind"]> = Extract<Decided["outcome"], { kind: K }>;

/** Splunk's limit for one event (`maxEventSize`): a larger one is refused like bad data. */
const SPLUNK_MAX_EVENT_BYTES = 5 * 1024 * 1024;
const BAD_DATA = 6;

const NO_ACKS_HINT =
  "The source is held and keeps its logs; one event is tried now and then. Look for full " +
  "queues and blocked indexing in Splunk, make the balancer in front of the indexers sticky, or set " +
  "hec.ack: off";

/** Takes one batch to its end: every event accepted (and acknowledged) or parked. */
export class Delivery {
  readonly #batch: Batch;
  readonly #options: DeliveryOptions;
  readonly #hold: Hold;
  readonly #poster: Poster;
  /** Events that are still to be posted, in order. */
  readonly #todo: EventRange[];
  readonly #pendingAcks: PendingAcks;
  readonly #parked: number[] = [];
  /** Requests that have each event in them once. */
  #firsts = 1;

  constructor(batch: Batch, options: DeliveryOptions) {
    this.#batch = batch;
    this.#options = options;
    const { route, signal, clock, random } = options;
    this.#hold = new Hold(route, signal, clock, random);
    this.#poster = new Poster(route, this.#hold, signal, options);
    this.#pendingAcks = new PendingAcks({
      ...options,
      onAcked: (probe) => {
        if (probe || !route.gate.held) this.#worked();
      },
    });
    this.#todo = [{ from: 0, to: batch.count }];
  }

  /** @throws the reason of the signal when it aborts; then nothing is known of the events. */
  async run(): Promise<DeliveryReport> {
    try {
      for (;;) {
        // While this batch finds out for a held source, only what is acknowledged shows that more may go.
        const range = this.#pendingAcks.hasProbe ? undefined : this.#todo.shift();
        if (range) this.#todo.unshift(...await this.#post(range));
        else if (this.#pendingAcks.isEmpty) break;
        else await this.#settleNext();
      }
    } finally {
      this.#hold.release();
    }
    const resends = Math.max(0, this.#poster.posts - this.#firsts);
    return {
      delivered: this.#batch.count - this.#parked.length,
      parked: this.#parked,
      resends,
      ackTimeouts: this.#pendingAcks.timeouts,
      bodyIsFree: resends === 0,
    };
  }

  /** Waits for the oldest acknowledgement; events without one are posted again. */
  async #settleNext(): Promise<void> {
    const again = await this.#pendingAcks.settleNext();
    if (!again) return;
    const { range, hold } = again;
    this.#todo.push(
      ...(hold === undefined ? [range] : await this.#holdBefore(range, hold, NO_ACKS_HINT)),
    );
  }

  /** Events of the source are taken to the end: if it was held, the others go on. */
  #worked(): void {
    this.#hold.release();
    this.#options.route.worked();
  }

  /** @returns what of the range is still to be posted, as the methods below do. */
  async #post(range: EventRange): Promise<EventRange[]> {
    const { ackMode, route } = this.#options;
    const { from, to, divertedTo } = range;
    if (from === to) return [];
    const body = new RequestBody(this.#batch, from, to, divertedTo);
    const result = await this.#poster.post(body, ackMode.mayWait);
    if (result.kind === "decided") return await this.#settle(range, result);
    if (result.kind === "first_alone") return firstAlone(range);
    if (result.kind === "first_taken") return await this.#afterFirst(range, result);
    if (result.kind === "parts") {
      const parts = this.#inParts(range, result.parts);
      if (!result.wasSent) this.#firsts += parts.length - 1;
      return parts;
    }
    route.guard.taken(result.taken);
    return [{ ...range, from: from + result.taken }];
  }

  async #settle(range: EventRange, result: Decided): Promise<EventRange[]> {
    const { outcome } = result;
    switch (outcome.kind) {
      case "accepted":
        return await this.#accept(range, outcome, result);
      case "refused":
        return await this.#refuse(range, outcome, result);
      case "index_refused":
        return await this.#divert(range, outcome, result);
      case "split":
        if (range.to - range.from > 1) return this.#inParts(range, 2);
        return outcome.tooLarge
          ? await this.#tooLarge(range, result)
          : await this.#park(range, range.from, false, result);
    }
  }

  async #accept(
    range: EventRange,
    { ackId, pollAcks }: OutcomeOf<"accepted">,
    result: Decided,
  ): Promise<EventRange[]> {
    const { ackMode, pollerOf } = this.#options;
    const { endpoint } = result;
    if (pollAcks) pollerOf(endpoint).hurry();
    const decision = ackMode.decide(result.answer);
    if (decision !== "missing") {
      this.#take(range, decision === "wait" ? ackId : undefined, result);
      return [];
    }
    return await this.#holdBefore(
      range,
      `Cannot count ${range.to - range.from} events at ${endpoint.name} as delivered: ` +
        `HEC accepted them ${
          result.answer.ackIdUnreadable ? "with an unreadable" : "without an"
        } id ` +
        "for acknowledgement",
      "Switch indexer acknowledgement on for the token on every indexer, or set hec.ack: off",
    );
  }

  /** That the first event was taken, and only without compression, is no proof for the others. */
  async #afterFirst(range: EventRange, { taken, loss }: FirstTaken): Promise<EventRange[]> {
    const first = { ...range, to: range.from + 1 };
    const rest = range.to > first.to ? [{ ...range, from: first.to }] : [];
    const { ackMode, route } = this.#options;
    const decision = ackMode.decide(taken.answer);
    if (decision === "missing" || !loss) {
      return [...await this.#accept(first, taken.outcome, taken), ...rest];
    }
    this.#take(first, decision === "wait" ? taken.outcome.ackId : undefined, taken, false);
    const { message, hint, holds } = loss;
    if (!holds && !this.#hold.probes) route.trouble(message, hint, 0);
    else if (await this.#hold.wait(message, hint) && rest[0]) return firstAlone(rest[0]);
    return rest;
  }

  /** The events before a refused one were taken. */
  #acceptBefore(
    range: EventRange,
    at: number,
    ackId: number | undefined,
    result: Decided,
  ): EventRange[] {
    const part = { ...range, to: at };
    if (part.from === part.to) return [];
    const decision = this.#options.ackMode.decidePart(result.answer);
    if (decision === "unproven") return [part]; // without the refused event it will get its id
    this.#take(part, decision === "wait" ? ackId : undefined, result);
    return [];
  }

  /** The events are in Splunk's hands; when there is an id to wait for, that is not yet the end. */
  #take(
    range: EventRange,
    ackId: number | undefined,
    { endpoint, channel }: Decided,
    showsWell = true,
  ): void {
    const { route, pollerOf } = this.#options;
    route.guard.taken(range.to - range.from);
    if (ackId === undefined) return showsWell ? this.#worked() : undefined;
    const poller = pollerOf(endpoint);
    const result = poller.wait(channel, ackId, this.#options);
    const probe = showsWell && this.#hold.probes;
    this.#pendingAcks.add({ range, endpoint: endpoint.name, poller, result, probe });
  }

  async #refuse(
    range: EventRange,
    { index, ackId }: OutcomeOf<"refused">,
    result: Decided,
  ): Promise<EventRange[]> {
    const at = range.from + index;
    // First, as the time for the acknowledgement runs from the answer on, however long parking takes.
    const unproven = this.#acceptBefore(range, at, ackId, result);
    const tooLarge = result.answer.code === BAD_DATA &&
      this.#asSent(range, at).length > SPLUNK_MAX_EVENT_BYTES;
    return [...unproven, ...await this.#park(range, at, tooLarge, result)];
  }

  /** Parks one event, unless so many are refused that the source is held. */
  async #park(
    range: EventRange,
    at: number,
    tooLarge: boolean,
    { answer, endpoint }: Decided,
  ): Promise<EventRange[]> {
    const { route, park, placeOf } = this.#options;
    if (!route.guard.mayPark()) {
      return await this.#holdBefore(
        { ...range, from: at },
        `Cannot deliver the event at ${placeOf(at)} to ${endpoint.name}: ${
          describeAnswer(answer)
        }. So many events are refused that it is no single bad one`,
        "The source is held in place of parking them all. Mend what makes the events unfit, or raise " +
          "dead_letters.guard",
      );
    }
    await park({
      at,
      envelope: this.#asSent(range, at),
      reason: tooLarge ? "too_large" : "refused",
      status: answer.status,
      code: answer.code,
      text: answer.text,
    });
    this.#worked();
    this.#parked.push(at);
    return [{ ...range, from: at + 1 }];
  }

  /** The token does not allow the event's index: the rest goes to the fallback index, or waits. */
  async #divert(
    range: EventRange,
    { index: position, ackId }: OutcomeOf<"index_refused">,
    result: Decided,
  ): Promise<EventRange[]> {
    const { route, placeOf } = this.#options;
    const { fallbackIndex } = route;
    const at = range.from + position;
    const index = indexOf(this.#asSent(range, at));
    // An event that names no index cannot be meant: the answer counts in a way that is not known.
    if (index === undefined && range.to - range.from > 1) return this.#inParts(range, 2);
    const unproven = this.#acceptBefore(range, at, ackId, result);
    const rest = { from: at, to: range.to };
    if (fallbackIndex !== undefined && index !== undefined && index !== fallbackIndex) {
      route.diverted(index);
      return [...unproven, { ...rest, divertedTo: fallbackIndex }];
    }
    const held = await this.#holdBefore(
      rest,
      `Cannot deliver the event at ${placeOf(at)} to ${result.endpoint.name}: ${
        describeAnswer(result.answer)
      }; its index is ${index === undefined ? "the token's own" : `"${index}"`}`,
      "The source is held and keeps its logs. Allow the index for the token in Splunk, or set " +
        "hec.fallback_index",
    );
    return [...unproven, ...held];
  }

  /** Holds the source, and then tries the range's first event alone if it is this batch that tries. */
  async #holdBefore(range: EventRange, why: string, hint: string): Promise<EventRange[]> {
    return await this.#hold.wait(why, hint) ? firstAlone(range) : [range];
  }

  /** A lone event is too large: for HEC, unless what refuses it refuses a request without any event as well. */
  async #tooLarge(range: EventRange, result: Decided): Promise<EventRange[]> {
    const { placeOf, signal } = this.#options;
    const refusal = await refusesAnySize(result, placeOf(range.from), signal);
    if (!refusal) return await this.#park(range, range.from, true, result);
    result.endpoint.bodyLimit.forget(); // it was not the size
    return await this.#holdBefore(range, refusal.message, refusal.hint);
  }

  /** Cuts a range in halves, and those again, until there are so many parts or each has one event. */
  #inParts(range: EventRange, parts: number): EventRange[] {
    if (parts <= 1 || range.to - range.from === 1) return [range];
    const middle = middleOf(this.#batch, range.from, range.to);
    const halves = [{ ...range, to: middle }, { ...range, from: middle }];
    return halves.flatMap((half) => this.#inParts(half, parts / 2));
  }

  #asSent({ divertedTo }: EventRange, at: number): Uint8Array {
    return eventAsSent(this.#batch, at, divertedTo);
  }
}
