// Finds what repeats in the events of a batch, for the deflate encoder.
//
// Events repeat the ones before member by member: the same keys, and values that start alike. So the text is compared
// with itself, `distance` bytes earlier: where both differ, a value has changed, and both skip to the next seam, `,"` or
// `{"`, where a member starts. Keys in another order are found by a hash of the seam. All this only says where to
// compare: every match is verified byte by byte, so a wrong guess costs size, never correctness. Benches "gzip" and
// "several shapes interleaved".

import { endBlock } from "./deflate";

const WINDOW: u32 = 32768;
const MIN_MATCH: u32 = 4;
/** A shorter match found by hash costs more than it saves. */
const MIN_HASHED: u32 = 6;
/** A seam that is equal for fewer bytes belongs to another member. */
const MIN_SEAM: u32 = 8;
/** Bytes at the end that are not compared, because loads run ahead. */
const TAIL: u32 = 12;
/** How far the earlier position searches for its next seam. */
const SEAM_REACH: u32 = 512;
/** Values with this many bytes left are searched through; in others only one position is tried. */
const LONG_VALUE: u32 = 16;
const LONGEST: u32 = 258;

const SEAM_BITS: u32 = 12;
/** By hash of a seam and the start of its key: its last position. */
const SEAMS = memory.data(4096 * 4);
/** By the same hash: misses in a row. Values that rarely match, such as ids, are then tried only now and then. */
const DULL = memory.data(4096);
const DULL_MAX: u32 = 6;
const HASH_BITS: u32 = 13;
const HASHES = memory.data(8192 * 4);
/** The bytes of a seam. Loaded, because constants would be built at each use. */
const SEAM_BYTES = memory.data<u8>([0x2c, 0x7b, 0x22]);

/** First byte that is not yet in a token. */
export let literalsAt: usize = 0;
// Tokens, 8 bytes each: u32 literals | u16 match length | u16 distance - 1.
let tokens: usize = 0;
let tokensEnd: usize = 0;
let token: usize = 0;
let turn: u32 = 0;
// The result of `search`.
let foundLength: u32 = 0;
let foundAt: usize = 0;

/** Finds the matches in [start, end); tokens are kept at `at` until a block of them is full. */
export function findMatches(start: usize, end: usize, at: usize, capacity: u32): void {
  tokens = token = at;
  tokensEnd = at + capacity - 16;
  literalsAt = start;
  if (end - start <= TAIL) return;
  const stop = end - TAIL;
  const comma = i8x16.splat(load<u8>(SEAM_BYTES));
  const brace = i8x16.splat(load<u8>(SEAM_BYTES, 1));
  const quote = i8x16.splat(load<u8>(SEAM_BYTES, 2));
  let t = at;
  let literals = start;
  let p = start;
  let distance: u32 = 0; // 0: nothing to compare with
  let hash = seamHash(p);
  while (p < stop) {
    // Here, and at the earlier position, is a seam.
    let n: u32 = distance != 0 ? common(p, p - distance, end) : 0;
    if (n < MIN_SEAM) { // another key: compare with its last position
      const c: usize = load<u32>(SEAMS + (hash << 2));
      if (isBefore(c, p, start)) {
        const m = common(p, c, end);
        if (m > n) {
          n = m;
          distance = <u32>(p - c);
        }
      }
    }
    store<u32>(SEAMS + (hash << 2), p);
    if (n < MIN_MATCH) p++;
    else if (p - distance >= start + 16) { // values may end alike
      const c = p - distance;
      const differ = i8x16.bitmask(i8x16.eq(v128.load(p - 16), v128.load(c - 16))) ^ 0xffff;
      const alike = min<u32>(clz((differ << 16) | 0x8000), <u32>(p - literals));
      p -= alike;
      n += alike;
    }
    let seam: usize = 0;
    let seamBefore: usize = 0;
    let dull: u32 = 0;
    while (true) {
      if (n >= MIN_MATCH) {
        if (n > LONGEST || t >= tokensEnd) {
          token = t;
          literalsAt = literals;
          const last = makeRoom(p, n, distance);
          t = token;
          literals = literalsAt;
          p += n - last;
          n = last;
        }
        store<u64>(t, <u64>(p - literals) | (<u64>n << 32) | (<u64>(distance - 1) << 48));
        t += 8;
        p += n;
        literals = p;
        if (p >= stop) break;
      }
      // A value has changed, which ends at the next seam; its key is assumed to be followed by the same one.
      if (p >= seam) {
        seam = nextSeam(p, end, comma, brace, quote);
        hash = seamHash(seam);
        const c = p - distance;
        const reach = min(c + SEAM_REACH, p);
        seamBefore = distance == 0 ? reach : nextSeam(c, reach, comma, brace, quote);
        if (seamBefore == reach) seamBefore = 0;
        dull = load<u8>(DULL + hash);
        if (dull >= DULL_MAX && (turn++ & 15) != 0) break;
      }
      if (p + 4 > seam || p >= stop) break;
      const slot = hashSlot(p);
      let c: usize = load<u32>(slot);
      store<u32>(slot, p);
      n = isBefore(c, p, start) && load<u32>(c) == load<u32>(p) ? common(p, c, end) : 0;
      if (n < MIN_HASHED) {
        n = 0;
        if (p + LONG_VALUE <= seam) {
          p = search(p + 1, min(seam - TAIL, stop), start, end);
          n = foundLength;
          c = foundAt;
        }
      }
      if (n == 0) {
        store<u8>(DULL + hash, <u8>min(dull + 1, DULL_MAX));
        break;
      }
      distance = <u32>(p - c);
      dull = 0;
      store<u8>(DULL + hash, 0);
    }
    if (p >= stop) break;
    p = seam;
    distance = seamBefore != 0 ? <u32>(seam - seamBefore) : 0;
    if (distance > WINDOW) distance = 0;
  }
  token = t;
  literalsAt = literals;
}

/** Searches for a match from p on, in steps that grow while there is none. Returns where it is or might have been. */
function search(p: usize, to: usize, start: usize, end: usize): usize {
  let misses: u32 = 16;
  foundLength = 0;
  for (; p <= to; p += misses++ >> 4) {
    const slot = hashSlot(p);
    const c: usize = load<u32>(slot);
    store<u32>(slot, p);
    if (isBefore(c, p, start) && load<u32>(c) == load<u32>(p)) {
      const n = common(p, c, end);
      if (n >= MIN_HASHED) {
        foundLength = n;
        foundAt = c;
        break;
      }
    }
  }
  return p;
}

/** Writes the tokens of a long match except the last, whose length is returned, and makes room for that one. */
function makeRoom(p: usize, n: u32, distance: u32): u32 {
  while (true) {
    if (token >= tokensEnd) endBlock(tokens, takeTokens(literalsAt), false);
    if (n <= LONGEST) return n;
    // The rest must be a match, too.
    const part: u32 = n - LONGEST >= 3 ? LONGEST : LONGEST - 3;
    store<u64>(token, <u64>(p - literalsAt) | (<u64>part << 32) | (<u64>(distance - 1) << 48));
    token += 8;
    n -= part;
    p += part;
    literalsAt = p;
  }
}

/** The tokens of the block so far; the last has no match. Starts a new block. */
export function takeTokens(end: usize): usize {
  store<u64>(token, <u64>(end - literalsAt));
  literalsAt = end;
  const last = token;
  token = tokens;
  return last;
}

// @ts-ignore: decorator
@inline
function isBefore(c: usize, p: usize, start: usize): bool {
  return c < p && c >= start && p - c <= WINDOW;
}

// @ts-ignore: decorator
@inline
function seamHash(p: usize): u32 {
  return <u32>((load<u64>(p) * 0x9e3779b97f4a7c15) >> (64 - SEAM_BITS));
}

// @ts-ignore: decorator
@inline
function hashSlot(p: usize): usize {
  return HASHES + ((load<u32>(p) * 0x9e3779b1) >> (32 - HASH_BITS)) * 4;
}

/** Number of equal bytes at p and c, up to end. */
// @ts-ignore: decorator
@inline
function common(p: usize, c: usize, end: usize): u32 {
  const start = p;
  while (p < end) {
    const differ = i8x16.bitmask(i8x16.eq(v128.load(p), v128.load(c))) ^ 0xffff;
    if (differ != 0) {
      p += ctz(differ);
      break;
    }
    p += 16;
    c += 16;
  }
  return <u32>((p < end ? p : end) - start);
}

/** The next `,"` or `{"` from p on, or end. */
// @ts-ignore: decorator
@inline
function nextSeam(p: usize, end: usize, comma: v128, brace: v128, quote: v128): usize {
  for (; p < end; p += 16) {
    const v = v128.load(p);
    const starts = v128.or(i8x16.eq(v, comma), i8x16.eq(v, brace));
    const quotes = i8x16.eq(v128.load(p, 1), quote);
    const found = i8x16.bitmask(v128.and(starts, quotes));
    if (found != 0) {
      p += ctz(found);
      break;
    }
  }
  return p < end ? p : end;
}
