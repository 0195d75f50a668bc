import type { Clock } from "../../base/clock.ts";
import type { HttpResponse } from "../core/http.ts";
import type { ReceivedRequest } from "../http/message.ts";
import { AckChannels } from "./ack_channels.ts";
import { cookiesOf } from "./balancer.ts";
import { EventStore } from "./event_store.ts";
import { hecAnswer, htmlAnswer } from "../core/hec/hec_answers.ts";
import type { HecToken } from "../core/hec/hec_settings.ts";
import type { Fill, HecLimits, HecSwitches } from "./hec_settings.ts";
import { type IndexingBatch, IndexingQueue } from "./indexing_queue.ts";
import { openBody } from "../core/hec/inflate_body.ts";
import { parseAcks } from "./parse_acks.ts";
import type { ReceivedEvent } from "./received_event.ts";
import type { AdmittedRequest } from "../core/hec/request_gate.ts";
import { storeEvents } from "./store_events.ts";

/** How a collector is set up. */
interface CollectorOptions {
  readonly clock: Clock;
  readonly limits: HecLimits;
  readonly switches: HecSwitches;
  readonly indexers: number;
  /** `backpressureState = warn_at_80`: codes 24 to 27 are used. */
  readonly warnAt80: boolean;
  /** 10 on Enterprise, 28 on Cloud 10.5. */
  readonly missingChannelCode: 10 | 28;
  /** A request with acks must carry one of these cookies; none is needed if empty. */
  readonly requireAnyCookie: readonly string[];
  /** Indexes that exist; undefined: all. */
  readonly knownIndexes: ReadonlySet<string> | undefined;
  readonly lastChanceIndex: string | undefined;
  readonly keepEvents: boolean;
  readonly onEvent: ((event: ReceivedEvent) => void) | undefined;
  readonly onIndexed: ((batch: IndexingBatch) => void) | undefined;
  readonly onLost: ((batch: IndexingBatch) => void) | undefined;
}

/** An answer, and what was done. */
export interface Collected {
  readonly response: HttpResponse;
  readonly eventsTaken?: number;
  readonly eventsSkipped?: number;
  readonly inflatedBytes?: number;
  readonly ackId?: number | undefined;
}

/** One request with what it works on. */
interface Call {
  readonly request: ReceivedRequest;
  readonly admitted: AdmittedRequest;
  readonly token: HecToken;
  /** Number of the indexer, from 0, and its ack channels. */
  readonly indexer: number;
  readonly channels: AckChannels;
}

/** What is behind the gate: indexers with their ack tables, and what they have stored. */
export class Collector {
  readonly store: EventStore;
  /** How full the server says it is. */
  pressure: { queue: Fill; acks: Fill } = { queue: "ok", acks: "ok" };
  /** Answers 503 code 23 to everything. */
  shuttingDown = false;
  /** Time from the answer until the ack becomes visible; `Infinity` for never. */
  ackDelayMs = 1000;
  indexedCount = 0;
  lostCount = 0;
  readonly pollsByChannel = new Map<string, number>();
  readonly #options: CollectorOptions;
  readonly #indexers: AckChannels[];
  readonly #indexing: IndexingQueue;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.store = new EventStore(options.keepEvents, options.onEvent);
    const { clock, limits, switches } = options;
    this.#indexers = Array.from({ length: options.indexers }, () => {
      return new AckChannels(clock, limits, switches);
    });
    this.#indexing = new IndexingQueue((batch) => {
      this.indexedCount += batch.eventCount;
      options.onIndexed?.(batch);
    }, (batch) => {
      this.lostCount += batch.eventCount;
      options.onLost?.(batch);
    });
  }

  /** Channels that any indexer remembers. */
  get channelCount(): number {
    return this.#indexers.reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Counts as indexed what is due by now.
   *
   * @returns now, by the monotonic clock.
   */
  advance(): number {
    const nowMs = this.#options.clock.monotonicMs();
    this.#indexing.advance(nowMs);
    return nowMs;
  }

  /**
   * Forgets all channels; with `loseUnacked` also the events whose ack was not visible yet.
   *
   * @param indexer Only those of this indexer; by default those of all.
   */
  restart(loseUnacked: boolean, indexer?: number): void {
    this.advance();
    for (const [at, channels] of this.#indexers.entries()) {
      if (indexer === undefined || at === indexer) channels.clear();
    }
    if (!loseUnacked) return;
    this.#indexing.lose(indexer);
    this.store.forgetLost();
  }

  /**
   * Answers a request that the gate let through.
   *
   * @param maxEvents Reading stops after this many events; for faults.
   */
  collect(
    request: ReceivedRequest,
    admitted: AdmittedRequest,
    indexer: number,
    maxEvents = Infinity,
  ): Collected {
    const nowMs = this.advance();
    const { kind, token } = admitted;
    if (this.shuttingDown) return { response: { ...hecAnswer(23), closeAfter: true } };
    if (kind === "health" || !token) return { response: this.#health(request) };
    const call = { request, admitted, token, indexer, channels: this.#indexers[indexer]! };
    if (kind === "ack") return this.#poll(call, nowMs);
    const refusal = this.#fullness(call) ?? this.#channelRefusal(call);
    return refusal ? { response: refusal } : this.#take(call, maxEvents);
  }

  #health({ query }: ReceivedRequest): HttpResponse {
    const asked = this.#options.switches.healthShowsAcks === "always" ||
      query.get("ack") === "true";
    const queueFull = this.pressure.queue === "full";
    const acksFull = asked && this.pressure.acks === "full";
    if (queueFull) return hecAnswer(acksFull ? 20 : 18);
    return hecAnswer(acksFull ? 19 : 17);
  }

  #fullness({ admitted: { channel }, token, channels }: Call): HttpResponse | undefined {
    const { warnAt80 } = this.#options;
    if (this.pressure.queue === "full") return hecAnswer(warnAt80 ? 26 : 9);
    if (this.#ackFill(token, channel, channels) === "full") return hecAnswer(warnAt80 ? 27 : 9);
    return undefined;
  }

  #ackFill(token: HecToken, channel: string | undefined, channels: AckChannels): Fill {
    if (!token.useAck || !channel) return "ok";
    return this.pressure.acks === "ok" ? channels.fill(keyOf(token, channel)) : this.pressure.acks;
  }

  #channelRefusal({ request, admitted: { kind, channel }, token }: Call): HttpResponse | undefined {
    const { switches, requireAnyCookie, missingChannelCode } = this.#options;
    if (!token.useAck && !(kind === "raw" && switches.rawNeedsChannel)) return undefined;
    if (!channel) return hecAnswer(missingChannelCode);
    if (switches.channels === "guid" && !GUID.test(channel)) return hecAnswer(11);
    if (requireAnyCookie.length === 0) return undefined;
    const cookies = cookiesOf(request.headers);
    return requireAnyCookie.some((name) => cookies.has(name)) ? undefined : htmlAnswer(400);
  }

  /**
   * @param nowMs The time that `advance` used, so that both agree on what is indexed.
   */
  #poll(call: Call, nowMs: number): Collected {
    const { request, admitted, token, channels } = call;
    if (!token.useAck) return { response: hecAnswer(14) };
    const refusal = this.#channelRefusal(call);
    if (refusal) return { response: refusal };
    const body = openBody(request.body, admitted.gzip, this.#options);
    if (!(body instanceof Uint8Array)) return { response: body };
    const ids = parseAcks(body);
    if (!ids) return { response: hecAnswer(6) };
    const channel = admitted.channel!;
    this.pollsByChannel.set(channel, (this.pollsByChannel.get(channel) ?? 0) + 1);
    const acks = channels.poll(keyOf(token, channel), ids, nowMs);
    return { response: ackReply(acks) };
  }

  #take({ request, admitted, token, indexer, channels }: Call, maxEvents: number): Collected {
    const body = openBody(request.body, admitted.gzip, this.#options);
    if (!(body instanceof Uint8Array)) return { response: body };
    const { channel } = admitted;
    const { clock, switches } = this.#options;
    const fill = this.#ackFill(token, channel, channels); // before this request gets its own id
    const { origin, outcome, searchable } = storeEvents(
      { request, kind: admitted.kind, token, channel, body, maxEvents },
      this.#options,
      this.store,
    );
    const { code, invalidEventNumber, taken, skipped } = outcome;
    const batch = { origin, eventCount: searchable };
    let ackId: number | undefined;
    if (!token.useAck) {
      this.indexedCount += searchable;
      if (searchable > 0) this.#options.onIndexed?.(batch);
    } else if (taken > 0) {
      const visibleAtMs = clock.monotonicMs() + this.ackDelayMs;
      this.#indexing.add(batch, visibleAtMs, indexer);
      if (code === 0 || code === 6 || switches.ackIdOnRefusal === "any_code") {
        ackId = channels.issue(keyOf(token, channel!), visibleAtMs);
      }
    }
    const warning = !this.#options.warnAt80 || code !== 0
      ? code
      : this.pressure.queue === "warn"
      ? 24
      : fill === "warn"
      ? 25
      : 0;
    return {
      response: hecAnswer(warning, { invalidEventNumber, ackId }),
      eventsTaken: taken,
      eventsSkipped: skipped,
      inflatedBytes: body.length,
      ackId,
    };
  }
}

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function keyOf({ token }: HecToken, channel: string): string {
  return `${token} ${channel}`;
}

function ackReply(acks: Map<number, boolean>): HttpResponse {
  const { headers, status } = hecAnswer(0);
  return { status, headers: headers!, body: JSON.stringify({ acks: Object.fromEntries(acks) }) };
}
