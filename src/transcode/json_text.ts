/**
 * Bytes to the inside of a JSON string: escaped, and made valid UTF-8. Hot: called for every value.
 *
 * What is not UTF-8 becomes U+FFFD once per maximal subpart, as `TextDecoder` and Python's
 * `errors="replace"` do, so that every reader of the same bytes sees the same text.
 */

/** No byte grows to more than this many: a control character becomes `\u00XX`. */
export const MAX_GROWTH = 6;

/** Up to this many bytes, room is made for the worst case; above, it is measured. */
export const MEASURE_ABOVE_BYTES = 64 * 1024;

const PLAIN = new Uint8Array(256); // 1: goes out as it is
for (let byte = 0x20; byte < 0x80; byte++) PLAIN[byte] = 1;
PLAIN[0x22] = 0;
PLAIN[0x5c] = 0;

const SHORT_ESCAPE = new Uint8Array(128); // the letter after the backslash, for those that have one
for (const [byte, letter] of [[8, "b"], [9, "t"], [10, "n"], [12, "f"], [13, "r"]] as const) {
  SHORT_ESCAPE[byte] = letter.charCodeAt(0);
}
SHORT_ESCAPE[0x22] = 0x22;
SHORT_ESCAPE[0x5c] = 0x5c;

const HEX = new TextEncoder().encode("0123456789abcdef");

/**
 * Writes `source[at..end)` at `target[to]`, where the caller has made room: see `jsonTextRoom`.
 * @returns the position after what was written.
 */
export function writeJsonText(
  source: Uint8Array,
  at: number,
  end: number,
  target: Uint8Array,
  to: number,
): number {
  while (at < end) {
    const byte = source[at]!;
    if (PLAIN[byte] === 1) {
      target[to++] = byte;
      at++;
    } else if (byte < 0x80) {
      to = writeEscape(byte, target, to);
      at++;
    } else {
      const size = sequenceLength(source, at, end);
      to = writeSequence(source, at, size, target, to);
      at += size < 0 ? -size : size;
    }
  }
  return to;
}

/** Room that is enough for what `writeJsonText` writes; exact for what is very long. */
export function jsonTextRoom(source: Uint8Array, at: number, end: number): number {
  const length = end - at;
  return length > MEASURE_ABOVE_BYTES ? jsonTextLength(source, at, end) : length * MAX_GROWTH;
}

/** How many bytes `writeJsonText` writes. */
export function jsonTextLength(source: Uint8Array, at: number, end: number): number {
  let length = 0;
  while (at < end) {
    const byte = source[at]!;
    if (PLAIN[byte] === 1) {
      length++;
      at++;
    } else if (byte < 0x80) {
      length += SHORT_ESCAPE[byte] ? 2 : 6;
      at++;
    } else {
      const size = sequenceLength(source, at, end);
      length += size < 0 ? 3 : size;
      at += size < 0 ? -size : size;
    }
  }
  return length;
}

function writeEscape(byte: number, target: Uint8Array, to: number): number {
  target[to++] = 0x5c;
  const letter = SHORT_ESCAPE[byte]!;
  if (letter) {
    target[to++] = letter;
    return to;
  }
  target[to++] = 0x75; // u
  target[to++] = 0x30;
  target[to++] = 0x30;
  target[to++] = HEX[byte >> 4]!;
  target[to++] = HEX[byte & 15]!;
  return to;
}

/** Writes a multi-byte sequence of `size` bytes as it is, or U+FFFD when `size` is negative. */
export function writeSequence(
  source: Uint8Array,
  at: number,
  size: number,
  target: Uint8Array,
  to: number,
): number {
  if (size < 0) {
    target[to++] = 0xef;
    target[to++] = 0xbf;
    target[to++] = 0xbd;
    return to;
  }
  for (let i = 0; i < size; i++) target[to++] = source[at + i]!;
  return to;
}

/**
 * Measures the non-ASCII sequence at `at`.
 * @returns its length in bytes when it is valid UTF-8; minus the length of the maximal subpart that one
 * U+FFFD stands for when it is not (the Unicode Standard, table 3-7).
 */
export function sequenceLength(source: Uint8Array, at: number, end: number): number {
  const lead = source[at]!;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  if (at + 1 >= end) return -1;
  const second = source[at + 1]!;
  if (lead < 0xe0) return isContinuation(second) ? 2 : -1;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return -1;
  if (at + 2 >= end || !isContinuation(source[at + 2]!)) return -2;
  if (lead < 0xf0) return 3;
  if (at + 3 >= end || !isContinuation(source[at + 3]!)) return -3;
  return 4;
}

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
