const INDEX_MEMBER = new TextEncoder().encode(',"index":"');
const FIELDS_MEMBER = new TextEncoder().encode(',"fields":');
const EVENT_MEMBER = new TextEncoder().encode(',"event":');
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Finds the value of `index` in the envelope of an event that this program wrote.
 * @returns the start and end of its text, without the quotes; undefined when the envelope names no index.
 */
export function findIndex(event: Uint8Array): { start: number; end: number } | undefined {
  // The order of members is known, and all are before the event itself; only strings must be skipped.
  for (let at = 0; at < event.length; at++) {
    if (event[at] === QUOTE) {
      at = stringEnd(event, at);
    } else if (event[at] === INDEX_MEMBER[0]) {
      if (startsWith(event, at, FIELDS_MEMBER) || startsWith(event, at, EVENT_MEMBER)) {
        return undefined; // the index is in front of both
      }
      if (startsWith(event, at, INDEX_MEMBER)) {
        const start = at + INDEX_MEMBER.length;
        return { start, end: stringEnd(event, start - 1) };
      }
    }
  }
  return undefined;
}

/** The text of the index an event names; undefined when it names none. */
export function indexOf(event: Uint8Array): string | undefined {
  const found = findIndex(event);
  if (!found) return undefined;
  return JSON.parse(`"${new TextDecoder().decode(event.subarray(found.start, found.end))}"`);
}

/** Which events are sent to another index than the one that they name. */
export interface IndexDiversion {
  readonly to: string;
  /** The indexes in place of which that is done; undefined for all. */
  readonly from: ReadonlySet<string> | undefined;
}

/** The event as it is sent; the same event when that is as it is. */
export function diverted(event: Uint8Array, { to, from }: IndexDiversion): Uint8Array {
  const index = indexOf(event);
  if (index === undefined || index === to || from && !from.has(index)) return event;
  return withIndex(event, to);
}

/** The event with another index in its envelope; the same event when it names none. */
export function withIndex(event: Uint8Array, index: string): Uint8Array {
  const found = findIndex(event);
  if (!found) return event;
  const text = new TextEncoder().encode(JSON.stringify(index.toWellFormed()).slice(1, -1));
  const out = new Uint8Array(event.length - (found.end - found.start) + text.length);
  out.set(event.subarray(0, found.start));
  out.set(text, found.start);
  out.set(event.subarray(found.end), found.start + text.length);
  return out;
}

/** Position of the closing quote of the string that opens at `at`. */
function stringEnd(bytes: Uint8Array, at: number): number {
  for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
  return at;
}

function startsWith(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
  return true;
}
