import { Key } from "./envelope.ts";
import type { HecToken, ReadingLimits, ReadingSwitches } from "./hec_settings.ts";
import { parseEvents, type ParseOutcome, type ParseRules } from "./parse_events.ts";
import { parseLines } from "./parse_lines.ts";
import type { RequestKind } from "./request_gate.ts";

/** One data request with its body inflated. */
interface DataRequest {
  readonly kind: RequestKind;
  readonly query: URLSearchParams;
  readonly token: HecToken;
  readonly body: Uint8Array;
  readonly limits: ReadingLimits;
  readonly switches: ReadingSwitches;
  /** Reading stops after this many events. */
  readonly maxEvents?: number | undefined;
}

/** Where an accepted event is in the body; of `/raw`, both places are its line. */
export interface EventPlace {
  readonly start: number;
  readonly end: number;
  /** The value of `event`. */
  readonly eventStart: number;
  readonly eventEnd: number;
}

/**
 * Reads the body of a data request.
 *
 * @param accept Gets each good event, and the index that it names or its token gives it.
 */
export function takeEvents(
  { kind, query, token, body, limits, switches, maxEvents = Infinity }: DataRequest,
  accept: (place: EventPlace, index: string) => void,
): ParseOutcome {
  const rules: ParseRules = {
    defaultIndex: query.get("index") || (token.index ?? "main"),
    allowedIndexes: token.indexes?.length ? new Set(token.indexes) : undefined,
    maxEventBytes: limits.maxEventBytes,
    maxEvents,
    switches,
  };
  if (kind === "raw") {
    return parseLines(body, rules, (start, end) => {
      accept({ start, end, eventStart: start, eventEnd: end }, rules.defaultIndex);
    });
  }
  return parseEvents(body, rules, (envelope, index) => {
    const { start, end } = envelope;
    const eventStart = envelope.startOf(Key.event);
    accept({ start, end, eventStart, eventEnd: envelope.endOf(Key.event) }, index);
  });
}
