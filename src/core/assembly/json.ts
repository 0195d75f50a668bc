// Checks a JSON text (RFC 8259) without building anything, the way simdjson finds structure: 64 bytes at
// a time into bit masks (quotes, escapes, inside of strings, structure), then a small table-driven
// automaton over the structural characters alone. Bench "transcode ActionTrail": a quarter faster than
// reading byte by byte.

import { number } from "./json_number";
import { HIGH, isPair, LOW, NEXT_LETTER, NO_SURROGATE, surrogateAt } from "./surrogates";
import { brokenLength, utf8At } from "./text";

export const NO_JSON: u32 = 0;
export const JSON: u32 = 1;
/** JSON with bytes in its strings that are not UTF-8, or with escapes of single surrogates. */
export const BROKEN_TEXT: u32 = 2;

/** Most nested containers; a deeper text does not count as JSON. */
const MAX_DEPTH: u32 = 512;

// States, named by what may come next: a value at the root, in an object, in an array; a value or the end of the array; a
// key or the end of the object; a key; a colon; what follows a value in an object, in an array, at the root.
const VALUE_ROOT: u8 = 0;
const VALUE_OBJECT: u8 = 1;
const VALUE_ARRAY: u8 = 2;
const FIRST_ELEMENT: u8 = 3;
const FIRST_KEY: u8 = 4;
const KEY: u8 = 5;
const COLON: u8 = 6;
const AFTER_OBJECT: u8 = 7;
const AFTER_ARRAY: u8 = 8;
const AFTER_ROOT: u8 = 9;

// Classes of characters.
const C_QUOTE: u32 = 0;
const C_COLON: u32 = 1;
const C_COMMA: u32 = 2;
const C_OBJECT: u32 = 3;
const C_ARRAY: u32 = 4;
const C_OBJECT_END: u32 = 5;
const C_ARRAY_END: u32 = 6;
const C_SCALAR: u32 = 7;

// What a rule does besides changing the state.
const OPEN: u8 = 0x10;
const CLOSE: u8 = 0x20;
const SCALAR: u8 = 0x40;
const BAD: u8 = 0xff;

const NEXT = memory.data(10 * 8);
const CLASS = memory.data(256);
/** Letters that may follow a backslash. */
const ESCAPES = memory.data(256);
/** What may follow a number or a word. */
const ENDS = memory.data(256);
const STACK = memory.data(512);
/** Backslash, quote, space, comma, colon, the braces, and the last control character. */
const SIGNS = memory.data<u8>([0x5c, 0x22, 0x20, 0x2c, 0x3a, 0x7b, 0x7d, 0x1f]);
let ready = false;

// @ts-ignore: decorator
@inline
function after(state: u32): u8 {
  return state == VALUE_ROOT ? AFTER_ROOT : state == VALUE_OBJECT ? AFTER_OBJECT : AFTER_ARRAY;
}

function rule(state: u32, found: u32, next: u8): void {
  store<u8>(NEXT + (state << 3) + found, next);
}

function prepare(): void {
  memory.fill(NEXT, BAD, 10 * 8);
  for (let state: u8 = VALUE_ROOT; state <= FIRST_ELEMENT; state++) {
    rule(state, C_QUOTE, after(state));
    rule(state, C_SCALAR, SCALAR | after(state));
    rule(state, C_OBJECT, OPEN | FIRST_KEY);
    rule(state, C_ARRAY, OPEN | FIRST_ELEMENT);
  }
  rule(FIRST_ELEMENT, C_ARRAY_END, CLOSE);
  rule(AFTER_ARRAY, C_ARRAY_END, CLOSE);
  rule(FIRST_KEY, C_OBJECT_END, CLOSE);
  rule(AFTER_OBJECT, C_OBJECT_END, CLOSE);
  rule(FIRST_KEY, C_QUOTE, COLON);
  rule(KEY, C_QUOTE, COLON);
  rule(COLON, C_COLON, VALUE_OBJECT);
  rule(AFTER_OBJECT, C_COMMA, KEY);
  rule(AFTER_ARRAY, C_COMMA, VALUE_ARRAY);
  memory.fill(CLASS, <u8>C_SCALAR, 256);
  store<u8>(CLASS + 0x22, <u8>C_QUOTE);
  store<u8>(CLASS + 0x3a, <u8>C_COLON);
  store<u8>(CLASS + 0x2c, <u8>C_COMMA);
  store<u8>(CLASS + 0x7b, <u8>C_OBJECT);
  store<u8>(CLASS + 0x5b, <u8>C_ARRAY);
  store<u8>(CLASS + 0x7d, <u8>C_OBJECT_END);
  store<u8>(CLASS + 0x5d, <u8>C_ARRAY_END);
  for (let c: u32 = 0; c < 256; c++) {
    const short = c == 0x62 || c == 0x66 || c == 0x6e || c == 0x72 || c == 0x74;
    if (short || c == 0x22 || c == 0x5c || c == 0x2f || c == 0x75) store<u8>(ESCAPES + c, 1);
    const space = c == 0x20 || c == 0x09 || c == 0x0a || c == 0x0d;
    if (space || load<u8>(CLASS + c) != C_SCALAR) store<u8>(ENDS + c, 1);
  }
  ready = true;
}

// @ts-ignore: decorator
@inline
function mask(a: v128, b: v128, c: v128, d: v128): u64 {
  return <u64><u32>i8x16.bitmask(a) | (<u64><u32>i8x16.bitmask(b) << 16) |
    (<u64><u32>i8x16.bitmask(c) << 32) | (<u64><u32>i8x16.bitmask(d) << 48);
}

/** The same, for input where most blocks have none. */
// @ts-ignore: decorator
@inline
function maskOfFew(a: v128, b: v128, c: v128, d: v128): u64 {
  return i8x16.bitmask(v128.or(v128.or(a, b), v128.or(c, d))) == 0 ? 0 : mask(a, b, c, d);
}

// @ts-ignore: decorator
@inline
function is(v: v128, c: v128): v128 {
  return i8x16.eq(v, c);
}

/** A byte of `SIGNS` in each lane. Loaded, because constants would be built at each use. */
// @ts-ignore: decorator
@inline
function sign(at: usize): v128 {
  return i8x16.splat(load<u8>(SIGNS + at));
}

/** Comma, colon, and the braces and brackets, which differ by bit 5 only. */
// @ts-ignore: decorator
@inline
function structure(v: v128, bit5: v128, comma: v128, colon: v128, open: v128, end: v128): v128 {
  const folded = v128.or(v, bit5);
  return v128.or(v128.or(is(folded, open), is(folded, end)), v128.or(is(v, colon), is(v, comma)));
}

// @ts-ignore: decorator
@inline
function control(v: v128): v128 {
  return v128.or(
    i8x16.eq(v, i8x16.splat(0x0a)),
    v128.or(i8x16.eq(v, i8x16.splat(0x0d)), i8x16.eq(v, i8x16.splat(0x09))),
  );
}

/** Whether a number or a word is at p, and ends like one. */
function isScalar(p: usize, e: usize): bool {
  const c: u32 = load<u8>(p);
  const left = <u32>(e - p);
  let end: usize = 0;
  if (c == 0x2d || c - 48 < 10) end = number(p, e);
  else if (c == 0x74 && left >= 4 && load<u32>(p) == 0x65757274) end = p + 4; // true
  else if (c == 0x6e && left >= 4 && load<u32>(p) == 0x6c6c756e) end = p + 4; // null
  else if (c == 0x66 && left >= 5 && load<u32>(p, 1) == 0x65736c61) end = p + 5; // false
  return end != 0 && (end == e || load<u8>(ENDS + <usize>load<u8>(end)) != 0);
}

/** What [p, e) is: NO_JSON, JSON or BROKEN_TEXT. */
export function jsonKind(p: usize, e: usize): u32 {
  if (!ready) prepare();
  let state: u32 = VALUE_ROOT;
  let depth: u32 = 0;
  let kind: u32 = JSON;
  let insideBefore: u64 = 0; // all ones when the block starts inside a string
  let escapedBefore: u64 = 0;
  let scalarBefore: u64 = 0;
  let utf8Checked = p;
  let secondHalf: usize = 0; // the letter of an escape that completes the one before
  const backslash = sign(0);
  const quote = sign(1);
  const space = sign(2);
  const comma = sign(3);
  const colon = sign(4);
  const brace = sign(5);
  const braceEnd = sign(6);
  const lastControl = sign(7);
  for (; p < e; p += 64) {
    const a = v128.load(p);
    const b = v128.load(p, 16);
    const c = v128.load(p, 32);
    const d = v128.load(p, 48);
    const left = <u64>(e - p);
    const live: u64 = left >= 64 ? ~(<u64>0) : ((<u64>1) << left) - 1;

    let backslashes = maskOfFew(
      is(a, backslash),
      is(b, backslash),
      is(c, backslash),
      is(d, backslash),
    ) & live;
    let quotes = mask(is(a, quote), is(b, quote), is(c, quote), is(d, quote)) & live;
    let escaped: u64 = escapedBefore;
    if ((backslashes | escapedBefore) != 0) {
      backslashes &= ~escapedBefore;
      const follows = (backslashes << 1) | escapedBefore;
      const oddStarts = backslashes & ~(<u64>0x5555555555555555) & ~follows;
      const sequences = oddStarts + backslashes;
      escapedBefore = sequences < backslashes ? 1 : 0;
      escaped = ((<u64>0x5555555555555555) ^ (sequences << 1)) & follows;
      quotes &= ~escaped;
    }
    let inside = quotes; // prefix xor: ones from each opening quote up to before the closing one
    inside ^= inside << 1;
    inside ^= inside << 2;
    inside ^= inside << 4;
    inside ^= inside << 8;
    inside ^= inside << 16;
    inside ^= inside << 32;
    inside ^= insideBefore;
    insideBefore = <u64>(<i64>inside >> 63);

    let low: u64 = 0;
    const lowest = i8x16.min_u(i8x16.min_u(a, b), i8x16.min_u(c, d));
    if (i8x16.bitmask(i8x16.le_u(lowest, lastControl)) != 0) {
      low = live & mask(
        i8x16.le_u(a, lastControl),
        i8x16.le_u(b, lastControl),
        i8x16.le_u(c, lastControl),
        i8x16.le_u(d, lastControl),
      );
    }
    if ((low & inside) != 0) return NO_JSON;
    escaped &= inside & live;
    while (escaped != 0) {
      const q = p + <usize>ctz(escaped);
      escaped &= escaped - 1;
      if (!isEscape(q, e)) return NO_JSON;
      if (load<u8>(q) != 0x75) continue;
      const half = surrogateAt(q);
      if (half == HIGH && isPair(q, e)) secondHalf = q + NEXT_LETTER;
      else if (half != NO_SURROGATE && !(half == LOW && q == secondHalf)) kind = BROKEN_TEXT;
    }
    let high = maskOfFew(a, b, c, d) & live;
    while (high != 0) {
      let q = p + <usize>ctz(high);
      if (q < utf8Checked) q = utf8Checked;
      while (q < e && load<u8>(q) >= 0x80) {
        const n = utf8At(q, e);
        if (n == 0) kind = BROKEN_TEXT;
        q += n != 0 ? n : brokenLength(q, e);
      }
      utf8Checked = q;
      const done = <u64>(q - p);
      high = done >= 64 ? 0 : high & (~(<u64>0) << done);
    }

    const ops = live & ~inside & mask(
      structure(a, space, comma, colon, brace, braceEnd),
      structure(b, space, comma, colon, brace, braceEnd),
      structure(c, space, comma, colon, brace, braceEnd),
      structure(d, space, comma, colon, brace, braceEnd),
    );
    let spaces = mask(is(a, space), is(b, space), is(c, space), is(d, space));
    if (low != 0) spaces |= mask(control(a), control(b), control(c), control(d));
    const scalar = live & ~(inside | quotes | ops | spaces);
    let todo = ops | (quotes & inside) | (scalar & ~((scalar << 1) | scalarBefore));
    scalarBefore = scalar >> 63;
    while (todo != 0) {
      const q = p + <usize>ctz(todo);
      todo &= todo - 1;
      const rule: u32 = load<u8>(NEXT + (state << 3) + <u32>load<u8>(CLASS + <usize>load<u8>(q)));
      if (rule < OPEN) state = rule;
      else if (rule == BAD) return NO_JSON;
      else if (rule == CLOSE) state = load<u8>(STACK + --depth);
      else if (rule >= SCALAR) {
        if (!isScalar(q, e)) return NO_JSON;
        state = rule & 15;
      } else {
        if (depth == MAX_DEPTH) return NO_JSON;
        store<u8>(STACK + depth++, after(state));
        state = rule & 15;
      }
    }
  }
  return state == AFTER_ROOT && insideBefore == 0 ? kind : NO_JSON;
}

/** Whether the letter at q, after a backslash, makes an escape. */
function isEscape(q: usize, e: usize): bool {
  const c: u32 = load<u8>(q);
  if (load<u8>(ESCAPES + c) == 0) return false;
  if (c != 0x75) return true;
  if (<u32>(e - q) < 5) return false;
  for (let k: usize = 1; k < 5; k++) {
    const h: u32 = load<u8>(q + k);
    if (!(h - 48 < 10 || (h | 0x20) - 97 < 6)) return false;
  }
  return true;
}
