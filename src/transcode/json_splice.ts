import { sequenceLength, writeSequence } from "./json_text.ts";

/**
 * Copies a JSON text as it stands, checking it against RFC 8259 on the way, so that numbers above 2^53
 * and the order of keys survive. Hot: called for every value that a route expands.
 */

/** Containers inside one another that are still spliced; deeper text stays a string. */
export const MAX_DEPTH = 512;

const OBJECT = 1;
const ARRAY = 2;
const containers = new Uint8Array(MAX_DEPTH + 1);

// What may come next.
const VALUE = 0;
const FIRST_MEMBER = 1; // a key, or the end of an empty object
const MEMBER = 2; // a key
const FIRST_ELEMENT = 3; // a value, or the end of an empty array
const AFTER_VALUE = 4;

/**
 * Writes `source[at..end)` at `target[to]` if it is one valid JSON value; bytes inside its strings that
 * are not UTF-8 become U+FFFD. The room for the same bytes as JSON text (`jsonTextRoom`) is enough.
 * @returns the position after what was written, or -1 when it is not valid JSON (what stands behind
 * `to` in `target` is then undefined).
 */
export function spliceJson(
  source: Uint8Array,
  at: number,
  end: number,
  target: Uint8Array,
  to: number,
): number {
  let depth = 0;
  let next = VALUE;
  while (at < end) {
    const byte = source[at]!;
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      target[to++] = byte;
      at++;
      continue;
    }
    if (next === AFTER_VALUE) {
      if (depth === 0) return -1;
      const inside = containers[depth];
      if (byte === 0x2c) next = inside === OBJECT ? MEMBER : VALUE;
      else if (byte === 0x7d && inside === OBJECT || byte === 0x5d && inside === ARRAY) depth--;
      else return -1;
      target[to++] = byte;
      at++;
      continue;
    }
    if (next === FIRST_MEMBER && byte === 0x7d || next === FIRST_ELEMENT && byte === 0x5d) {
      depth--;
      next = AFTER_VALUE;
      target[to++] = byte;
      at++;
      continue;
    }
    if (next === FIRST_MEMBER || next === MEMBER) {
      if (byte !== 0x22) return -1;
      to = spliceString(source, at, end, target, to);
      if (to < 0) return -1;
      at = spliceEnd;
      while (at < end && isSpace(source[at]!)) target[to++] = source[at++]!;
      if (at >= end || source[at] !== 0x3a) return -1;
      target[to++] = 0x3a;
      at++;
      next = VALUE;
      continue;
    }
    if (byte === 0x7b || byte === 0x5b) {
      if (depth === MAX_DEPTH) return -1;
      containers[++depth] = byte === 0x7b ? OBJECT : ARRAY;
      next = byte === 0x7b ? FIRST_MEMBER : FIRST_ELEMENT;
      target[to++] = byte;
      at++;
      continue;
    }
    if (byte === 0x22) {
      to = spliceString(source, at, end, target, to);
      if (to < 0) return -1;
      at = spliceEnd;
    } else {
      const stop = scalarEnd(source, at, end);
      if (stop < 0) return -1;
      while (at < stop) target[to++] = source[at++]!;
    }
    next = AFTER_VALUE;
  }
  return depth === 0 && next === AFTER_VALUE ? to : -1;
}

/** Where the string that `spliceString` copied last ends in the source. A variable, as a pair would be an object. */
let spliceEnd = 0;

function spliceString(
  source: Uint8Array,
  at: number,
  end: number,
  target: Uint8Array,
  to: number,
): number {
  target[to++] = source[at++]!;
  while (at < end) {
    const byte = source[at]!;
    if (byte === 0x22) {
      target[to++] = byte;
      spliceEnd = at + 1;
      return to;
    }
    if (byte < 0x20) return -1;
    if (byte === 0x5c) {
      const size = escapeLength(source, at, end);
      if (size < 0) return -1;
      for (let i = 0; i < size; i++) target[to++] = source[at++]!;
    } else if (byte < 0x80) {
      target[to++] = byte;
      at++;
    } else {
      const size = sequenceLength(source, at, end);
      to = writeSequence(source, at, size, target, to);
      at += size < 0 ? -size : size;
    }
  }
  return -1;
}

const ESCAPES = new Uint8Array(128);
for (const letter of '"\\/bfnrt') ESCAPES[letter.charCodeAt(0)] = 1;

function escapeLength(source: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return -1;
  const letter = source[at + 1]!;
  if (letter !== 0x75) return letter < 128 && ESCAPES[letter] === 1 ? 2 : -1;
  if (at + 6 > end) return -1;
  for (let i = at + 2; i < at + 6; i++) if (!isHex(source[i]!)) return -1;
  return 6;
}

/** End of the number or word at `at`, or -1. */
function scalarEnd(source: Uint8Array, at: number, end: number): number {
  const byte = source[at]!;
  if (byte === 0x74) return wordEnd(source, at, end, "true");
  if (byte === 0x66) return wordEnd(source, at, end, "false");
  if (byte === 0x6e) return wordEnd(source, at, end, "null");
  if (byte === 0x2d) at++;
  if (at >= end) return -1;
  if (source[at] === 0x30) at++;
  else if ((at = digitsEnd(source, at, end)) < 0) return -1;
  if (at < end && source[at] === 0x2e) {
    at = digitsEnd(source, at + 1, end);
    if (at < 0) return -1;
  }
  if (at < end && (source[at]! | 0x20) === 0x65) {
    at++;
    if (at < end && (source[at] === 0x2b || source[at] === 0x2d)) at++;
    return digitsEnd(source, at, end);
  }
  return at;
}

function wordEnd(source: Uint8Array, at: number, end: number, word: string): number {
  if (at + word.length > end) return -1;
  for (let i = 0; i < word.length; i++) if (source[at + i] !== word.charCodeAt(i)) return -1;
  return at + word.length;
}

/** End of one or more digits, or -1. */
function digitsEnd(source: Uint8Array, at: number, end: number): number {
  const start = at;
  while (at < end && source[at]! >= 0x30 && source[at]! <= 0x39) at++;
  return at > start ? at : -1;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isHex(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39 || (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66;
}
