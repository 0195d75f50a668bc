const HASH_BITS = 15;
const MIN_MATCH = 4;
const MAX_OFFSET = 65_535;
/** The format requires the last five bytes to be literals, and no match to start in the last twelve. */
const LAST_LITERALS = 5;
const LAST_MATCH_START = 12;

/** Where each four-byte sequence was last seen, plus one. Shared: allocating it per call is slower. */
const seen = new Int32Array(1 << HASH_BITS);

/**
 * Compresses bytes to one raw LZ4 block, without frame or size, as SLS sends it to a client that
 * accepts `lz4`. Greedy, with one hash table; bytes that do not compress become literals.
 */
export function encodeLz4Block(source: Uint8Array): Uint8Array<ArrayBuffer> {
  const target = new Uint8Array(source.length + Math.ceil(source.length / 255) + 16);
  let at = 0; // next byte to read
  let literalsFrom = 0;
  let to = 0; // next byte to write
  /** Writes a token, then the literals up to `end`; `matchCode` is the match length minus four. */
  const writeLiterals = (end: number, matchCode: number): void => {
    const count = end - literalsFrom;
    target[to++] = Math.min(count, 15) << 4 | Math.min(matchCode, 15);
    if (count >= 15) to = writeRest(target, to, count - 15);
    if (count > 32) target.set(source.subarray(literalsFrom, end), to);
    else for (let i = 0; i < count; i++) target[to + i] = source[literalsFrom + i]!;
    to += count;
  };
  const lastMatchStart = source.length - LAST_MATCH_START;
  if (lastMatchStart > 0) {
    seen.fill(0);
    let misses = 0;
    while (at <= lastMatchStart) {
      const slot = hashOf(source, at);
      const from = seen[slot]! - 1;
      seen[slot] = at + 1;
      if (from < 0 || at - from > MAX_OFFSET || !sameFour(source, from, at)) {
        at += 1 + (misses++ >> 6); // larger steps where nothing repeats
        continue;
      }
      misses = 0;
      const length = matchLength(source, from, at);
      writeLiterals(at, length - MIN_MATCH);
      target[to++] = (at - from) & 0xff;
      target[to++] = (at - from) >> 8;
      if (length - MIN_MATCH >= 15) to = writeRest(target, to, length - MIN_MATCH - 15);
      at += length;
      literalsFrom = at;
    }
  }
  writeLiterals(source.length, 0);
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

/** Writes the part of a length that does not fit in four bits, in steps of 255. */
function writeRest(target: Uint8Array, to: number, rest: number): number {
  for (; rest >= 255; rest -= 255) target[to++] = 255;
  target[to++] = rest;
  return to;
}
