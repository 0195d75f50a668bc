import type { Batch } from "../core/batch.ts";
import { PendingAcks } from "./ack/pending_acks.ts";
import type { DeliveryContext, DeliveryParts, DeliveryReport } from "./delivery_context.ts";
import { indexOf } from "./envelope_index.ts";
import { describeAnswer } from "./hec_answer.ts";
import { Poster } from "./poster.ts";
import type { Decided, FirstAccepted } from "./post_result.ts";
import {
  eventAsSent,
  type EventRange,
  inParts,
  isolateFirst,
  RequestBody,
} from "./request_body.ts";
import { refusesAnySize } from "./too_large.ts";
import { type SourceDelivery, SourceTurn } from "./source_delivery.ts";

type OutcomeOf<K extends Decided["outcome"]["kind"]> = Extract<Decided["outcome"], { kind: K }>;

/** Splunk's limit for one event (`maxEventSize`): it rejects a larger one as bad data. */
const SPLUNK_MAX_EVENT_BYTES = 5 * 1024 * 1024;
const BAD_DATA = 6;

/** Delivers one batch: in the end every event is accepted (and acknowledged) or parked. */
export class Delivery {
  readonly #batch: Batch;
  readonly #source: SourceDelivery;
  readonly #context: DeliveryContext;
  readonly #parts: DeliveryParts;
  readonly #turn: SourceTurn;
  readonly #poster: Poster;
  /** Events that are not posted yet, in order. */
  readonly #todo: EventRange[];
  readonly #pendingAcks: PendingAcks;
  readonly #parked: number[] = [];
  /** Numbers of the events that were sent to the fallback index. */
  readonly #diverted = new Set<number>();
  /** Requests that contain each event once. */
  #firsts = 1;

  constructor(
    batch: Batch,
    source: SourceDelivery,
    context: DeliveryContext,
    parts: DeliveryParts,
  ) {
    this.#batch = batch;
    this.#source = source;
    this.#context = context;
    this.#parts = parts;
    const { env } = parts;
    const { signal } = context;
    this.#turn = new SourceTurn(source, signal, env.clock);
    this.#poster = new Poster(source, this.#turn, signal, parts);
    this.#pendingAcks = new PendingAcks(env, source, signal, (isProbe) => {
      if (isProbe || !source.breaker.isHeld) this.#turn.succeeded();
    });
    this.#todo = [{ from: 0, to: batch.count }];
  }

  /**
   * @throws the reason of the signal when it aborts; then the state of the events is unknown.
   */
  async run(): Promise<DeliveryReport> {
    using _turn = this.#turn;
    for (;;) {
      // While this batch probes for a held source, only an acknowledgement shows that more may be sent.
      const range = this.#pendingAcks.hasProbe ? undefined : this.#todo.shift();
      if (range) this.#todo.unshift(...await this.#post(range));
      else if (this.#pendingAcks.isEmpty) break;
      else await this.#settleNext();
    }
    for (const at of this.#parked) this.#diverted.delete(at);
    this.#source.countDiverted(this.#diverted.size);
    const resends = Math.max(0, this.#poster.posts - this.#firsts);
    return {
      delivered: this.#batch.count - this.#parked.length,
      parked: this.#parked,
      resends,
      ackTimeouts: this.#pendingAcks.timeouts,
      bodyIsFree: resends === 0, // a transport may still read the body of a request that was given up
    };
  }

  /** Waits for the oldest acknowledgement; events without one are posted again. */
  async #settleNext(): Promise<void> {
    const again = await this.#pendingAcks.settleNext();
    if (!again) return;
    const { range, hold } = again;
    this.#todo.push(...(hold ? await this.#holdBefore(range, hold.why, hold.hint) : [range]));
  }

  /**
   * @returns the part of the range that must still be posted, as the methods below do.
   */
  async #post({ from, to, diversion: given }: EventRange): Promise<EventRange[]> {
    if (from === to) return [];
    // What is known to be refused may have changed since the range was made.
    const diversion = given?.from ? undefined : given;
    const range = { from, to, diversion: diversion ?? this.#source.refusedIndexes?.diversion };
    const body = new RequestBody(this.#batch, range);
    for (const at of body.diverted) this.#diverted.add(at);
    const result = await this.#poster.post(body, this.#parts.ackMode.mayWait);
    switch (result.kind) {
      case "decided":
        return await this.#settle(range, result);
      case "first_alone":
        return isolateFirst(range);
      case "first_accepted":
        return await this.#afterFirst(range, result);
      case "parts": {
        const parts = inParts(this.#batch, range, result.parts);
        if (!result.wasSent) this.#firsts += parts.length - 1;
        return parts;
      }
      case "part":
        this.#source.guard.recordAccepted(result.accepted);
        return [{ ...range, from: from + result.accepted }];
    }
  }

  async #settle(range: EventRange, result: Decided): Promise<EventRange[]> {
    const { outcome } = result;
    this.#source.refusedIndexes?.answered(result.channel.token);
    switch (outcome.kind) {
      case "accepted":
        return await this.#accept(range, outcome, result);
      case "refused":
        return await this.#refuse(range, outcome, result);
      case "index_refused":
        return await this.#divert(range, outcome, result);
      case "split":
        if (range.to - range.from > 1) return inParts(this.#batch, range, 2);
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
    const { ackMode, pollerOf } = this.#parts;
    const { endpoint, answer } = result;
    if (pollAcks) pollerOf(endpoint).hurry();
    const decision = ackMode.decide(answer);
    if (decision !== "missing") {
      this.#recordAccepted(range, decision === "wait" ? ackId : undefined, result);
      return [];
    }
    const which = answer.ackIdUnreadable ? "with an unreadable" : "without an";
    return await this.#holdBefore(
      range,
      `Cannot count ${range.to - range.from} events at ${endpoint.name} as delivered: ` +
        `HEC accepted them ${which} id for acknowledgement`,
      `Enable indexer acknowledgement for the token on every indexer, or set ${
        this.#source.option("ack")
      }: off`,
    );
  }

  /** The first event was accepted alone; when that was without compression, it proves nothing for the others. */
  async #afterFirst(range: EventRange, { accepted, loss }: FirstAccepted): Promise<EventRange[]> {
    const first = { ...range, to: range.from + 1 };
    const rest = range.to > first.to ? [{ ...range, from: first.to }] : [];
    const decision = this.#parts.ackMode.decide(accepted.answer);
    if (decision === "missing" || !loss) {
      return [...await this.#accept(first, accepted.outcome, accepted), ...rest];
    }
    const ackId = decision === "wait" ? accepted.outcome.ackId : undefined;
    this.#recordAccepted(first, ackId, accepted, false);
    const { message, hint, holds } = loss;
    if (!holds && !this.#turn.probesHold) this.#source.failed(message, { hint, retryInMs: 0 });
    else if (await this.#turn.hold(message, hint) && rest[0]) return isolateFirst(rest[0]);
    return rest;
  }

  /** HEC accepted the events before a refused one. */
  #acceptBefore(
    range: EventRange,
    at: number,
    ackId: number | undefined,
    result: Decided,
  ): EventRange[] {
    const part = { ...range, to: at };
    if (part.from === part.to) return [];
    const decision = this.#parts.ackMode.decidePart(result.answer);
    if (decision === "unproven") return [part]; // resent without the refused event, it gets its id
    this.#recordAccepted(part, decision === "wait" ? ackId : undefined, result);
    return [];
  }

  /**
   * HEC accepted the events; with an id they still wait for their acknowledgement.
   * @param showsWell Whether that shows that the source's events are accepted again.
   */
  #recordAccepted(
    range: EventRange,
    ackId: number | undefined,
    { endpoint, channel }: Decided,
    showsWell = true,
  ): void {
    const { signal } = this.#context;
    this.#source.guard.recordAccepted(range.to - range.from);
    if (ackId === undefined) return showsWell ? this.#turn.succeeded() : undefined;
    const poller = this.#parts.pollerOf(endpoint);
    const result = poller.wait(channel, ackId, { source: this.#source, signal });
    const isProbe = showsWell && this.#turn.probesHold;
    this.#pendingAcks.add({ range, endpoint: endpoint.name, poller, result, isProbe });
  }

  async #refuse(
    range: EventRange,
    { index, ackId }: OutcomeOf<"refused">,
    result: Decided,
  ): Promise<EventRange[]> {
    const at = range.from + index;
    // First: the timeout of the acknowledgement begins with the answer, however long parking takes.
    const unproven = this.#acceptBefore(range, at, ackId, result);
    const tooLarge = result.answer.code === BAD_DATA &&
      eventAsSent(this.#batch, at, range.diversion).length > SPLUNK_MAX_EVENT_BYTES;
    return [...unproven, ...await this.#park(range, at, tooLarge, result)];
  }

  /** Parks one event, unless too many are refused: then the source is held. */
  async #park(
    range: EventRange,
    at: number,
    tooLarge: boolean,
    { answer, endpoint }: Decided,
  ): Promise<EventRange[]> {
    const { park, placeOf } = this.#context;
    if (!this.#source.guard.tryReject()) {
      return await this.#holdBefore(
        { ...range, from: at },
        `Cannot deliver the event at ${placeOf(at)} to ${endpoint.name}: ${
          describeAnswer(answer)
        }. Too many events are refused for this to be about single bad events`,
        "The source is held instead of parking them all. Fix what makes the events unfit, or raise " +
          "dead_letters.guard",
      );
    }
    await park({
      at,
      envelope: eventAsSent(this.#batch, at, range.diversion),
      reason: tooLarge ? "too_large" : "refused",
      status: answer.status,
      code: answer.code,
      text: answer.text,
    });
    this.#turn.succeeded();
    this.#parked.push(at);
    return [{ ...range, from: at + 1 }];
  }

  /** The token does not allow the event's index: the rest goes to the fallback index, or waits. */
  async #divert(
    range: EventRange,
    { index: position, ackId }: OutcomeOf<"index_refused">,
    result: Decided,
  ): Promise<EventRange[]> {
    const { fallbackIndex } = this.#source;
    const at = range.from + position;
    const index = indexOf(eventAsSent(this.#batch, at, range.diversion));
    // An event that names no index cannot be the offender: the answer counts events in an unknown way.
    if (index === undefined && range.to - range.from > 1) return inParts(this.#batch, range, 2);
    const unproven = this.#acceptBefore(range, at, ackId, result);
    const rest = { from: at, to: range.to };
    if (fallbackIndex !== undefined && index !== undefined && index !== fallbackIndex) {
      const diversion = this.#source.divert(index, fallbackIndex, result.channel.token);
      return [...unproven, { ...rest, diversion }];
    }
    const held = await this.#holdBefore(
      rest,
      `Cannot deliver the event at ${this.#context.placeOf(at)} to ${result.endpoint.name}: ${
        describeAnswer(result.answer)
      }; its index is ${index === undefined ? "the default of the token" : `"${index}"`}`,
      "The source is held and keeps its logs. Allow the index for the token in Splunk, or set " +
        this.#source.option("fallback_index"),
    );
    return [...unproven, ...held];
  }

  /** Holds the source; then the range's first event is tried alone, if this batch is the one that tries. */
  async #holdBefore(range: EventRange, why: string, hint: string): Promise<EventRange[]> {
    return await this.#turn.hold(why, hint) ? isolateFirst(range) : [range];
  }

  /** A single event is too large for HEC, unless a gateway refuses a request without any event as well. */
  async #tooLarge(range: EventRange, result: Decided): Promise<EventRange[]> {
    const { placeOf, signal } = this.#context;
    const refusal = await refusesAnySize(result, placeOf(range.from), signal);
    if (!refusal) return await this.#park(range, range.from, true, result);
    result.endpoint.bodyLimit.forget(); // the size was not the reason
    return await this.#holdBefore(range, refusal.message, refusal.hint);
  }
}
