const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const EVENT_KEY = "event";
const MARKER = "sls2hec_truncated";

interface Member {
  /** The written key, quotes included. */
  readonly key: string;
  /** Of its value. */
  readonly start: number;
  readonly end: number;
}

/**
 * Makes an event fit: cuts its longest values and adds the field `sls2hec_truncated`, with the original size and the
 * names of the cut fields. For the few events that are too large for Splunk; not on the hot path.
 * @param envelope An event as the transcoder wrote it.
 * @returns the shorter envelope, or undefined when cutting values cannot make it fit.
 */
export function truncateEvent(envelope: Uint8Array, maxBytes: number): Uint8Array | undefined {
  const event = membersOf(envelope, 0).find(({ key }) => key === `"${EVENT_KEY}"`);
  if (!event) return undefined;
  const around = envelope.length - (event.end - event.start);
  const value = envelope.subarray(event.start, event.end);
  const shorter = value[0] === QUOTE
    ? truncateText(value, maxBytes - around, envelope.length)
    : truncateObject(value, maxBytes - around, envelope.length);
  if (!shorter) return undefined;
  return join([envelope.subarray(0, event.start), shorter, envelope.subarray(event.end)]);
}

/** Of the text format: the event is a string that holds the object. */
function truncateText(
  value: Uint8Array,
  maxBytes: number,
  originalBytes: number,
): Uint8Array | undefined {
  const inner = utf8.encode(JSON.parse(decode(value)));
  // The object grows when it is put into a string again: cut a little more until it fits.
  for (let room = maxBytes - 2; room > 0; room = Math.floor(room * 0.9)) {
    const shorter = truncateObject(inner, room, originalBytes);
    if (!shorter) return undefined;
    const text = utf8.encode(JSON.stringify(decode(shorter)));
    if (text.length <= maxBytes) return text;
  }
  return undefined;
}

function truncateObject(
  object: Uint8Array,
  maxBytes: number,
  originalBytes: number,
): Uint8Array | undefined {
  const members = membersOf(object, 0);
  const byLength = members.toSorted((a, b) => b.end - b.start - (a.end - a.start));
  // Cut as few fields as possible: one more until the cut ones can make up for the rest.
  for (let count = 1; count <= byLength.length; count++) {
    const cut = new Set(byLength.slice(0, count));
    const marker = utf8.encode(
      `"${MARKER}":{"original_bytes":${originalBytes},"fields":[${
        [...cut].map(({ key }) => key).join(",")
      }]}`,
    );
    const kept = members.filter((member) => !cut.has(member))
      .reduce((sum, { key, start, end }) => sum + utf8.encode(key).length + 2 + end - start, 0);
    const keys = [...cut].reduce((sum, { key }) => sum + utf8.encode(key).length + 4, 0);
    const room = Math.floor((maxBytes - 2 - marker.length - kept - keys) / count);
    if (room < 0) continue;
    const parts = members.map((member) => {
      const value = object.subarray(member.start, member.end);
      return join([
        utf8.encode(`${member.key}:`),
        cut.has(member) ? cutValue(value, room) : value,
        comma,
      ]);
    });
    return join([utf8.encode("{"), ...parts, marker, utf8.encode("}")]);
  }
  return undefined;
}

const utf8 = new TextEncoder();
const comma = new Uint8Array([COMMA]);

/** The start of a value as a string of at most `room` bytes between its quotes. */
function cutValue(value: Uint8Array, room: number): Uint8Array {
  const text = value[0] === QUOTE ? value.subarray(1, -1) : utf8.encode(
    JSON.stringify(decode(value)).slice(1, -1), // an expanded value becomes text: half of it is not JSON
  );
  let end = 0;
  while (end < text.length) { // not in the middle of an escape or a character
    const byte = text[end]!;
    const size = byte === BACKSLASH ? escapeBytes(text, end) : byte < 0x80 ? 1 : byte < 0xe0 // what the transcoder has written is valid UTF-8
      ? 2
      : byte < 0xf0
      ? 3
      : 4;
    if (end + size > room) break;
    end += size;
  }
  return join([quote, text.subarray(0, end), quote]);
}

const quote = new Uint8Array([QUOTE]);

/** Length of the escape at `at`: that of both where two stand for one character. */
function escapeBytes(text: Uint8Array, at: number): number {
  if (text[at + 1] !== 0x75) return 2;
  // What the transcoder has written has no half of a pair without the other.
  return /^d[89ab]/i.test(String.fromCharCode(text[at + 2]!, text[at + 3]!)) ? 12 : 6;
}

/** The members of the JSON object that starts at `at`. The text is known to be valid. */
function membersOf(json: Uint8Array, at: number): Member[] {
  const members: Member[] = [];
  at = skipSpace(json, at + 1);
  while (json[at] === QUOTE) {
    const keyEnd = valueEnd(json, at);
    const start = skipSpace(json, skipSpace(json, keyEnd) + 1);
    const end = valueEnd(json, start);
    members.push({ key: decode(json.subarray(at, keyEnd)), start, end });
    at = skipSpace(json, end);
    if (json[at] === COMMA) at = skipSpace(json, at + 1);
  }
  return members;
}

function valueEnd(json: Uint8Array, at: number): number {
  let depth = 0;
  for (; at < json.length; at++) {
    const byte = json[at]!;
    if (byte === QUOTE) {
      for (at++; json[at] !== QUOTE; at++) if (json[at] === BACKSLASH) at++;
      if (depth === 0) return at + 1;
    } else if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return at; // the end of the container of a number or word
      if (--depth === 0) return at + 1;
    } else if (byte === COMMA && depth === 0) return at;
  }
  return at;
}

function skipSpace(json: Uint8Array, at: number): number {
  while (at < json.length && json[at]! <= 0x20) at++;
  return at;
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
