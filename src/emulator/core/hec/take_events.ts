import type { Clock } from "../../../base/clock.ts";
import type { HttpRequest } from "../../http/message.ts";
import { Key } from "./envelope.ts";
import type { EventStore } from "../../hec/event_store.ts";
import { timeMicros } from "../../hec/event_time.ts";
import type { HecLimits, HecSwitches, HecToken } from "./hec_settings.ts";
import { parseEvents, type ParseOutcome, type ParseRules } from "./parse_events.ts";
import { parseLines } from "./parse_lines.ts";
import { type EventOrigin, ReceivedEvent } from "../../hec/received_event.ts";
import type { RequestKind } from "./request_gate.ts";

/** One data request with its body inflated. */
export interface DataRequest {
  readonly request: HttpRequest;
  readonly kind: RequestKind;
  readonly token: HecToken;
  readonly channel: string | undefined;
  readonly body: Uint8Array;
  readonly maxEvents: number;
}

/** What taking events needs of the server. */
export interface TakeSettings {
  readonly clock: Clock;
  readonly limits: HecLimits;
  readonly switches: HecSwitches;
  readonly knownIndexes: ReadonlySet<string> | undefined;
  readonly lastChanceIndex: string | undefined;
  readonly store: EventStore;
}

/** What a body has become. */
export interface TakenEvents {
  readonly origin: EventOrigin;
  readonly outcome: ParseOutcome;
  /** Accepted events that have an index to go to. */
  readonly searchable: number;
}

/** Reads the body of a data request and puts its good events into the store. */
export function takeEvents(data: DataRequest, settings: TakeSettings): TakenEvents {
  const { request: { query }, token, body } = data;
  const { store, knownIndexes, lastChanceIndex } = settings;
  const origin = originOf(data, settings.clock);
  const rules: ParseRules = {
    defaultIndex: query.get("index") || (token.index ?? "main"),
    allowedIndexes: token.indexes?.length ? new Set(token.indexes) : undefined,
    maxEventBytes: settings.limits.maxEventBytes,
    maxEvents: data.maxEvents,
    switches: settings.switches,
  };
  let searchable = 0;
  const accept = (place: Place, named: string) => {
    const misrouted = knownIndexes !== undefined && !knownIndexes.has(named);
    const arrives = !misrouted || lastChanceIndex !== undefined;
    store.acceptedCount++;
    if (misrouted) store.misroutedCount++;
    if (arrives) searchable++;
    if (!store.wanted) return;
    const index = misrouted ? lastChanceIndex ?? named : named;
    store.accept(new ReceivedEvent(origin, body, place, index, misrouted), arrives);
  };
  const outcome = data.kind === "raw"
    ? parseLines(body, rules, (start, end) => {
      accept({ start, end, eventStart: start, eventEnd: end }, rules.defaultIndex);
    })
    : parseEvents(body, rules, (envelope, index) => {
      const { start, end } = envelope;
      const eventStart = envelope.startOf(Key.event);
      accept({ start, end, eventStart, eventEnd: envelope.endOf(Key.event) }, index);
    });
  return { origin, outcome, searchable };
}

interface Place {
  readonly start: number;
  readonly end: number;
  readonly eventStart: number;
  readonly eventEnd: number;
}

function originOf({ request, token, channel }: DataRequest, clock: Clock): EventOrigin {
  const { query, requestId } = request;
  const time = query.get("time");
  const micros = time ? timeMicros(time) : NaN;
  return {
    requestId,
    token: token.token,
    channel,
    host: query.get("host") || (token.host ?? "emulator:8088"),
    source: query.get("source") || (token.source ?? `http:${token.name ?? "emulator"}`),
    sourcetype: query.get("sourcetype") || (token.sourcetype ?? "httpevent"),
    timeMicros: Number.isNaN(micros) ? clock.nowMs() * 1000 : micros,
    state: token.useAck ? "pending" : "indexed",
  };
}
