// Protobuf wire format, read in place.
//
// A reader takes a position and the end of the message, and returns a number and the position after it in one u64 (see
// `value` and `next`). 0 means that the message is malformed; `failure` and `failureAt` then say why and where.
//
// Every region is followed by 64 bytes of slack, so a reader may load past `e`, but never uses what it finds there.

export const PAST_END: u32 = 1;
export const LONG_NUMBER: u32 = 2;
export const WIDE_NUMBER: u32 = 3;
export const FIELD_ZERO: u32 = 4;
/** Plus the wire type. */
export const WIRE_TYPE: u32 = 16;

export let failure: u32 = 0;
export let failureAt: usize = 0;

function fail(why: u32, at: usize): u64 {
  failure = why;
  failureAt = at;
  return 0;
}

// @ts-ignore: decorator
@inline
export function value(read: u64): u32 {
  return <u32>read;
}

// @ts-ignore: decorator
@inline
export function next(read: u64): usize {
  return <usize>(read >> 32);
}

// @ts-ignore: decorator
@inline
function found(value: u32, at: usize): u64 {
  return <u64>value | (<u64>at << 32);
}

/** A varint cut to its low 32 bits, as protobuf reads a `uint32`. */
// @ts-ignore: decorator
@inline
export function varint(p: usize, e: usize): u64 {
  const w: u32 = load<u16>(p);
  if ((w & 0x80) == 0 && p < e) return found(w & 0x7f, p + 1);
  if ((w & 0x8000) == 0 && p + 1 < e) return found((w & 0x7f) | ((w >> 1) & 0x3f80), p + 2);
  return longVarint(p, e, false);
}

/** A varint that must not be cut: a tag or a length that is cut would be another one. */
// @ts-ignore: decorator
@inline
export function uint(p: usize, e: usize): u64 {
  const w: u32 = load<u16>(p);
  if ((w & 0x80) == 0 && p < e) return found(w & 0x7f, p + 1);
  if ((w & 0x8000) == 0 && p + 1 < e) return found((w & 0x7f) | ((w >> 1) & 0x3f80), p + 2);
  return longVarint(p, e, true);
}

/** Like `varint`, fastest for five bytes, the usual length of a time in seconds. */
// @ts-ignore: decorator
@inline
export function varintOfFive(p: usize, e: usize): u64 {
  const w = load<u64>(p);
  if ((w & 0x8080808080) != 0x80808080 || <u32>(e - p) < 5) return varint(p, e);
  const low = (w & 0x7f) | ((w >> 1) & 0x3f80) | ((w >> 2) & 0x1fc000) | ((w >> 3) & 0xfe00000);
  return found(<u32>(low | ((w >> 4) & 0x7f0000000)), p + 5);
}

function longVarint(start: usize, e: usize, whole: bool): u64 {
  let bits: u64 = 0;
  let wide = false;
  let p = start;
  for (let shift: u64 = 0; shift < 70; shift += 7) {
    if (p >= e) return fail(PAST_END, start);
    const b: u64 = load<u8>(p++);
    bits |= (b & 0x7f) << shift;
    if (shift == 63 && (b & 0x7e) != 0) wide = true;
    if (b < 0x80) {
      if (whole && (wide || bits >> 32 != 0)) return fail(WIDE_NUMBER, start);
      return found(<u32>bits, p);
    }
  }
  return fail(LONG_NUMBER, start);
}

/** The length of a length-prefixed field, checked to lie inside the message. */
// @ts-ignore: decorator
@inline
export function length(p: usize, e: usize): u64 {
  const r = uint(p, e);
  if (r == 0) return 0;
  if (value(r) > <u32>(e - next(r))) return fail(PAST_END, p);
  return r;
}

/** The position after the value of a field whose tag has been read; 0 when it is malformed. */
export function skip(tag: u32, p: usize, e: usize): usize {
  if (tag < 8) return <usize>fail(FIELD_ZERO, p); // zeros are not a message
  const type = tag & 7;
  if (type == 0) return next(varint(p, e));
  if (type == 2) {
    const r = length(p, e);
    return r == 0 ? 0 : next(r) + value(r);
  }
  if (type != 5 && type != 1) return <usize>fail(WIRE_TYPE + type, p);
  const bytes: u32 = type == 5 ? 4 : 8;
  if (bytes > <u32>(e - p)) return <usize>fail(PAST_END, p);
  return p + bytes;
}

/** Four bytes at `p`: next(r) is 0 when they run past the message. */
export function fixed32(p: usize, e: usize): u64 {
  if (<u32>(e - p) < 4) return fail(PAST_END, p);
  return found(load<u32>(p), p + 4);
}

// The key and the value of a pair (a content or a tag); a missing one is empty, at the end of the pair.
export let keyAt: usize = 0;
export let keyLength: u32 = 0;
export let valueAt: usize = 0;
export let valueLength: u32 = 0;

/** Reads a message of key (field 1) and value (field 2), the last of each. False: malformed. */
export function readPair(p: usize, e: usize): bool {
  keyAt = valueAt = e;
  keyLength = valueLength = 0;
  while (p < e) {
    const t = uint(p, e);
    if (t == 0) return false;
    const tag = value(t);
    p = next(t);
    if (tag == 0x0a || tag == 0x12) {
      const r = length(p, e);
      if (r == 0) return false;
      p = next(r);
      if (tag == 0x0a) {
        keyAt = p;
        keyLength = value(r);
      } else {
        valueAt = p;
        valueLength = value(r);
      }
      p += value(r);
    } else {
      p = skip(tag, p, e);
      if (p == 0) return false;
    }
  }
  return true;
}
