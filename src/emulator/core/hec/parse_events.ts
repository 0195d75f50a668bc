import { Envelope, Key } from "./envelope.ts";
import type { ReadingSwitches } from "./hec_settings.ts";
import { JsonScanner } from "./json_scanner.ts";

/** What is accepted in a body. */
export interface ParseRules {
  /** Index of events without one. */
  readonly defaultIndex: string;
  /** Indexes that may be used; undefined: all. */
  readonly allowedIndexes: ReadonlySet<string> | undefined;
  readonly maxEventBytes: number;
  /** Reading stops, as if the body ended, after this many events. */
  readonly maxEvents: number;
  readonly switches: ReadingSwitches;
}

/** The result of reading a body. */
export interface ParseOutcome {
  /** 0, 5, 6, 7, 12, 13 or 15. */
  readonly code: number;
  /** `invalid-event-number` of the answer. */
  readonly invalidEventNumber: number | undefined;
  /** Accepted events, including those before a refused one. */
  readonly taken: number;
  /** Objects with `fields` and no `event`, which Splunk skips silently. */
  readonly skipped: number;
}

/**
 * Reads the body of an `/event` request as Splunk 10.4.3 does: objects in order, each accepted on its
 * own, until the first bad one.
 *
 * @param accept Gets each accepted envelope, which is reused for the next one, and its index.
 */
export function parseEvents(
  body: Uint8Array,
  rules: ParseRules,
  accept: (envelope: Envelope, index: string) => void,
): ParseOutcome {
  const takesLoneSurrogates = rules.switches.loneSurrogates === "accept";
  const scanner = new JsonScanner(body, 0, { takesLoneSurrogates });
  const envelope = new Envelope(scanner);
  let read = 0;
  let taken = 0;
  let skipped = 0;
  let inArray = false;
  const end = (code: number, invalidEventNumber?: number): ParseOutcome => {
    return { code, invalidEventNumber, taken, skipped };
  };

  while (taken < rules.maxEvents) {
    scanner.skipSpace();
    if (scanner.at === body.length) return inArray ? end(6, read) : end(read === 0 ? 5 : 0);
    if (body[scanner.at] === 0x5b && rules.switches.arrays === "accept" && !inArray) {
      scanner.at++;
      inArray = !scanner.skipMark(0x5d);
      continue;
    }
    if (body[scanner.at] !== 0x7b || !envelope.read()) return end(6, read);
    if (envelope.hasUnknownKey) return taken === 0 ? end(5) : end(0);
    const index = envelope.stringOf(Key.index) ?? rules.defaultIndex;
    const code = codeOf(envelope, index, rules);
    if (code === 7) return end(7, read + 1); // Splunk counts the offender as read
    if (code > 0) return end(code, read);
    if (code === SKIP) {
      skipped++;
    } else {
      accept(envelope, index);
      taken++;
    }
    read++;
    if (inArray && !scanner.skipMark(0x2c)) {
      if (!scanner.skipMark(0x5d)) return end(6, read);
      inArray = false;
    }
  }
  return end(0);
}

const SKIP = -1;

/** 0 to accept, `SKIP`, or the code that refuses the envelope. */
function codeOf(envelope: Envelope, index: string, rules: ParseRules): number {
  const { switches } = rules;
  if (envelope.hasBadFields) return 15;
  switch (envelope.kindOf(Key.event)) {
    case 0:
      return envelope.has(Key.fields) ? SKIP : 12;
    case 0x6e: // null
    case 0x66: // false
      return 6;
    case 0x74: // true
      if (switches.eventTrue === "reject") return 6;
      break;
    case 0x22:
      if (isBlank(envelope)) return 13;
  }
  if (switches.oddTime === "reject" && hasOddTime(envelope)) return 6;
  if (switches.nonStringMetadata === "reject" && hasOddMetadata(envelope)) return 6;
  if (eventBytes(envelope) > rules.maxEventBytes) return 6;
  if (rules.allowedIndexes && !rules.allowedIndexes.has(index)) return 7;
  return 0;
}

/** Size of the event's JSON text; of a string, without its quotes. */
function eventBytes(envelope: Envelope): number {
  const size = envelope.endOf(Key.event) - envelope.startOf(Key.event);
  return envelope.kindOf(Key.event) === 0x22 ? size - 2 : size;
}

function isBlank(envelope: Envelope): boolean {
  const first = envelope.bytes[envelope.startOf(Key.event) + 1]!;
  // The first character decides almost every event: no space, no escape, no closing quote.
  if (first !== 0x20 && first !== 0x5c && first !== 0x22) return false;
  return /^[ \t\r\n\f\v]*$/.test(envelope.stringOf(Key.event) ?? "");
}

function hasOddMetadata(envelope: Envelope): boolean {
  for (let key = Key.host; key <= Key.index; key++) {
    if (envelope.has(key) && envelope.kindOf(key) !== 0x22) return true;
  }
  return false;
}

/** Whether there is a `time` that is neither a number of at least 0 nor the text of one. */
function hasOddTime(envelope: Envelope): boolean {
  if (!envelope.has(Key.time)) return false;
  const quoted = envelope.kindOf(Key.time) === 0x22 ? 1 : 0;
  let at = envelope.startOf(Key.time) + quoted;
  const end = envelope.endOf(Key.time) - quoted;
  let dots = 0;
  const start = at;
  for (; at < end; at++) {
    const byte = envelope.bytes[at]!;
    if (byte === 0x2e && at > start && dots === 0) dots++;
    else if (byte < 0x30 || byte > 0x39) break;
  }
  if (at === end) return end === start;
  // Rare: an exponent, white space in quotes, or no number at all.
  const text = quoted ? envelope.stringOf(Key.time) : envelope.jsonOf(Key.time);
  return !/^\s*\d+(\.\d*)?([eE][+-]?\d+)?\s*$/.test(text ?? "");
}
