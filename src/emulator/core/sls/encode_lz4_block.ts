const HASH_BITS = 15;
const MIN_MATCH = 4;
const LONGEST_OFFSET = 65_535;
/** The format wants the last five bytes as literals and the last match to begin twelve before the end. */
const LAST_LITERALS = 5;
const LAST_MATCH_START = 12;

/** Where each four-byte sequence was seen last, plus one. One for the module: filling it costs more than it holds. */
const seen = new Int32Array(1 << HASH_BITS);

/**
 * Compresses bytes to one raw LZ4 block: no frame, no size in front (what SLS sends when a client
 * accepts `lz4`). Greedy, with one hash table; bytes that do not compress become literals.
 */
export function encodeLz4Block(source: Uint8Array): Uint8Array<ArrayBuffer> {
  const target = new Uint8Array(source.length + Math.ceil(source.length / 255) + 16);
  let at = 0; // next byte to look at
  let literalsFrom = 0;
  let to = 0; // next byte to write
  const lastMatchStart = source.length - LAST_MATCH_START;
  if (lastMatchStart > 0) {
    seen.fill(0);
    let misses = 0;
    while (at <= lastMatchStart) {
      const slot = hashOf(source, at);
      const from = seen[slot]! - 1;
      seen[slot] = at + 1;
      if (from < 0 || at - from > LONGEST_OFFSET || !sameFour(source, from, at)) {
        at += 1 + (misses++ >> 6); // the longer nothing repeats, the longer the steps
        continue;
      }
      misses = 0;
      const length = matchLength(source, from, at);
      to = writeLiterals(target, to, source, literalsFrom, at, length - MIN_MATCH);
      target[to++] = (at - from) & 0xff;
      target[to++] = (at - from) >> 8;
      if (length - MIN_MATCH >= 15) to = writeRest(target, to, length - MIN_MATCH - 15);
      at += length;
      literalsFrom = at;
    }
  }
  to = writeLiterals(target, to, source, literalsFrom, source.length, 0);
  return target.subarray(0, to);
}

function hashOf(bytes: Uint8Array, at: number): number {
  const four = bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
  return Math.imul(four, -1640531535) >>> (32 - HASH_BITS);
}

function sameFour(bytes: Uint8Array, a: number, b: number): boolean {
  return bytes[a] === bytes[b] && bytes[a + 1] === bytes[b + 1] &&
    bytes[a + 2] === bytes[b + 2] && bytes[a + 3] === bytes[b + 3];
}

function matchLength(bytes: Uint8Array, from: number, at: number): number {
  const end = bytes.length - LAST_LITERALS;
  let length = MIN_MATCH;
  while (at + length < end && bytes[from + length] === bytes[at + length]) length++;
  return length;
}

/** Writes a token, the literals and their length; `matchCode` is the match length less four. */
function writeLiterals(
  target: Uint8Array,
  to: number,
  source: Uint8Array,
  from: number,
  end: number,
  matchCode: number,
): number {
  const count = end - from;
  target[to++] = Math.min(count, 15) << 4 | Math.min(matchCode, 15);
  if (count >= 15) to = writeRest(target, to, count - 15);
  if (count > 32) target.set(source.subarray(from, end), to);
  else for (let i = 0; i < count; i++) target[to + i] = source[from + i]!;
  return to + count;
}

/** Writes what a four-bit length could not hold, in steps of 255. */
function writeRest(target: Uint8Array, to: number, rest: number): number {
  for (; rest >= 255; rest -= 255) target[to++] = 255;
  target[to++] = rest;
  return to;
}
