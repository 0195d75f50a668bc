// Finds what repeats in the events of a batch, for the deflate encoder.
//
// Events repeat the ones before member by member: the same keys, and values that start alike. So the text
// is read beside an earlier place of its own, `c`: where both differ, a value has changed, and both go on
// to the next seam, `,"`, where a member starts. Keys that come in another order are found again by a hash
// of the seam. All this only says where to compare: every match is found by comparing bytes, so a wrong
// guess costs size, never correctness. Benches "gzip" and "several shapes interleaved".

import { endBlock } from "./deflate";

const WINDOW: u32 = 32768;
const MIN_MATCH: u32 = 4;
/** A shorter match found by hash costs more than it saves. */
const MIN_HASHED: u32 = 6;
/** So many bytes at the end are not looked at, as loads run ahead. */
const TAIL: u32 = 12;
/** How far the earlier place looks for its next seam. */
const SEAM_REACH: u32 = 512;
const LONGEST: u32 = 258;

const SEAM_BITS: u32 = 12;
const SEAMS = memory.data(4096 * 4);
const HASH_BITS: u32 = 13;
const HASHES = memory.data(8192 * 4);
/** How often in a row nothing was found behind a key: ids and such are then looked at only now and then. */
const DULL = memory.data(256);
const DULL_MAX: u8 = 6;

let base: usize = 0;
/** First byte that is in no token yet. */
export let literalsAt: usize = 0;
// Tokens, 8 bytes each: u32 literals | u16 match length | u16 distance - 1.
let token: usize = 0;
let tokens: usize = 0;
let tokensEnd: usize = 0;
let distance: u32 = 1;
let turn: u32 = 0;

/** Finds the matches in [start, end); tokens are kept at `at` until a block of them is full. */
export function findMatches(start: usize, end: usize, at: usize, capacity: u32): void {
  base = literalsAt = start;
  tokens = token = at;
  tokensEnd = at + capacity - 16;
  distance = 1;
  let p = start;
  let c: usize = 0;
  while (p + TAIL <= end) {
    const slot = SEAMS + seamHash(p) * 4;
    const before: usize = load<u32>(slot);
    store<u32>(slot, p);
    let n: u32 = c != 0 && isBefore(c, p) ? common(p, c, end) : 0;
    if (n < 8 && isBefore(before, p)) { // another key: go on where it stood last
      const m = common(p, before, end);
      if (m > n) {
        n = m;
        c = before;
      }
    }
    let from = p + 1;
    if (n >= MIN_MATCH) {
      emit(p, n, <u32>(p - c));
      p += n;
      c += n;
      from = p;
    }
    if (from + TAIL > end) break;
    const seam = nextSeam(from, end);
    const reach = c + SEAM_REACH < p ? c + SEAM_REACH : p;
    const seamBefore = c != 0 ? nextSeam(c + (from - p), reach) : 0;
    // The key behind tells which value it is that has changed.
    const reached = changed(p, seam, end, DULL + (seamHash(seam) & 255));
    if (reached > seam) c = reached - distance;
    else c = seamBefore != reach ? seamBefore : 0;
    p = reached;
  }
}

/** The tokens of the block so far; the last has no match. Starts a new block. */
export function takeTokens(end: usize): usize {
  store<u32>(token, <u32>(end - literalsAt));
  store<u32>(token, 0, 4);
  literalsAt = end;
  const last = token;
  token = tokens;
  return last;
}

// @ts-ignore: decorator
@inline
function isBefore(c: usize, p: usize): bool {
  return c < p && c >= base && p - c <= WINDOW;
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

/** How many bytes at p and c are equal, up to end. */
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

/** The next `,"` from p on, or end. */
// @ts-ignore: decorator
@inline
function nextSeam(p: usize, end: usize): usize {
  for (; p < end; p += 16) {
    const commas = i8x16.eq(v128.load(p), i8x16.splat(0x2c));
    const quotes = i8x16.eq(v128.load(p, 1), i8x16.splat(0x22));
    const found = i8x16.bitmask(v128.and(commas, quotes));
    if (found != 0) {
      p += ctz(found);
      break;
    }
  }
  return p < end ? p : end;
}

function emit(p: usize, length: u32, far: u32): void {
  let literals = <u32>(p - literalsAt);
  literalsAt = p + length;
  distance = far;
  while (length != 0) {
    // What is left over must be a match, too.
    const n: u32 = length <= LONGEST ? length : length - LONGEST >= 3 ? LONGEST : LONGEST - 3;
    store<u32>(token, literals);
    store<u16>(token, <u16>n, 4);
    store<u16>(token, <u16>(far - 1), 6);
    token += 8;
    literals = 0;
    length -= n;
    if (token >= tokensEnd) {
      const end = literalsAt;
      literalsAt = end - length;
      endBlock(tokens, takeTokens(end - length), false);
      literalsAt = end;
    }
  }
}

/** Looks for matches from p, where a value has changed, to the seam; they may run past it. Returns where it stopped. */
function changed(p: usize, seam: usize, end: usize, dull: usize): usize {
  const isDull = load<u8>(dull) >= DULL_MAX && (turn++ & 15) != 0;
  let hits: u32 = 0;
  let misses: u32 = 0;
  while (p + TAIL <= seam) {
    const again = sameDistance(p, seam);
    if (again != 0) {
      const n = common(again, again - distance, end);
      emit(again, n, distance);
      p = again + n;
      continue;
    }
    if (isDull) break;
    let found = false;
    while (p + TAIL <= seam) {
      const slot = hashSlot(p);
      const c: usize = load<u32>(slot);
      store<u32>(slot, p);
      if (isBefore(c, p) && load<u32>(c) == load<u32>(p)) {
        const n = common(p, c, end);
        if (n >= MIN_HASHED) {
          emit(p, n, <u32>(p - c));
          p += n;
          hits++;
          misses = 0;
          found = true;
          break;
        }
      }
      misses++;
      p += 1 + (misses >> 4);
    }
    if (!found) break;
  }
  if (!isDull) store<u8>(dull, hits != 0 ? 0 : <u8>min(<u32>load<u8>(dull) + 1, DULL_MAX));
  return p < seam ? seam : p;
}

/** Where, near p and before the seam, eight bytes are equal to those at the last distance: a field of fixed length has changed. */
// @ts-ignore: decorator
@inline
function sameDistance(p: usize, seam: usize): usize {
  if (p - base < distance) return 0;
  const reach = seam < p + 48 ? seam : p + 48;
  for (let q = p; q < reach; q += 24) {
    let equal = <u32>i8x16.bitmask(i8x16.eq(v128.load(q), v128.load(q - distance)));
    const behind = i8x16.eq(v128.load(q, 16), v128.load(q - distance, 16));
    equal |= <u32>i8x16.bitmask(behind) << 16;
    let eight = equal & (equal >> 1);
    eight &= eight >> 2;
    eight &= eight >> 4;
    if (eight == 0) continue;
    const found = q + ctz(eight);
    return found < seam ? found : 0;
  }
  return 0;
}
