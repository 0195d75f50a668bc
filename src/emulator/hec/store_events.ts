import type { Clock } from "../../base/clock.ts";
import type { HecToken } from "../core/hec/hec_settings.ts";
import type { ParseOutcome } from "../core/hec/parse_events.ts";
import type { RequestKind } from "../core/hec/request_gate.ts";
import { takeEvents } from "../core/hec/take_events.ts";
import type { ReceivedRequest } from "../http/message.ts";
import type { EventStore } from "./event_store.ts";
import { timeMicros } from "./event_time.ts";
import type { HecLimits, HecSwitches } from "./hec_settings.ts";
import { type EventOrigin, ReceivedEvent } from "./received_event.ts";

/** One data request with its body inflated. */
interface StoreRequest {
  readonly request: ReceivedRequest;
  readonly kind: RequestKind;
  readonly token: HecToken;
  readonly channel: string | undefined;
  readonly body: Uint8Array;
  readonly maxEvents: number;
}

/** The settings of the server that storing depends on. */
interface StoreSettings {
  readonly clock: Clock;
  readonly limits: HecLimits;
  readonly switches: HecSwitches;
  readonly knownIndexes: ReadonlySet<string> | undefined;
  readonly lastChanceIndex: string | undefined;
}

/** What became of a body. */
interface StoredEvents {
  readonly origin: EventOrigin;
  readonly outcome: ParseOutcome;
  /** Accepted events that have an index to go to. */
  readonly searchable: number;
}

/** Reads the body of a data request and puts its good events into the store. */
export function storeEvents(
  data: StoreRequest,
  settings: StoreSettings,
  store: EventStore,
): StoredEvents {
  const { kind, token, body, maxEvents, request: { query } } = data;
  const { limits, switches, knownIndexes, lastChanceIndex } = settings;
  const origin = originOf(data, settings.clock);
  let searchable = 0;
  const outcome = takeEvents(
    { kind, query, token, body, limits, switches, maxEvents },
    (place, named) => {
      const misrouted = knownIndexes !== undefined && !knownIndexes.has(named);
      const arrives = !misrouted || lastChanceIndex !== undefined;
      store.acceptedCount++;
      if (misrouted) store.misroutedCount++;
      if (arrives) searchable++;
      if (!store.wanted) return;
      const index = misrouted ? lastChanceIndex ?? named : named;
      store.accept(new ReceivedEvent(origin, body, place, { index, misrouted }), arrives);
    },
  );
  return { origin, outcome, searchable };
}

function originOf({ request, token, channel }: StoreRequest, clock: Clock): EventOrigin {
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
