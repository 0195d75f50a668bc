// Bytes to the inside of a JSON string: escaped, and repaired to valid UTF-8.
//
// What is not UTF-8 becomes U+FFFD once per maximal subpart, as `TextDecoder` and Python's
// `errors="replace"` do. 16 bytes at a time: bench "transcode nginx" against "non-ASCII".

import { HIGH, isPair, NO_SURROGATE, surrogateAt } from "./surrogates";

/** Length of the well-formed UTF-8 sequence at p, whose first byte is >= 0x80; else 0. */
export function utf8At(p: usize, e: usize): u32 {
  const b0: u32 = load<u8>(p);
  const room = <u32>(e - p);
  const w = load<u32>(p);
  if (b0 < 0xc2) return 0;
  if (b0 < 0xe0) return room >= 2 && (w & 0xc000) == 0x8000 ? 2 : 0;
  const b1 = (w >> 8) & 0xff;
  if (b0 < 0xf0) {
    if (room < 3 || (w & 0xc0c000) != 0x808000) return 0;
    return (b0 == 0xe0 && b1 < 0xa0) || (b0 == 0xed && b1 > 0x9f) ? 0 : 3;
  }
  if (b0 > 0xf4 || room < 4 || (w & 0xc0c0c000) != 0x80808000) return 0;
  return (b0 == 0xf0 && b1 < 0x90) || (b0 == 0xf4 && b1 > 0x8f) ? 0 : 4;
}

/** Number of bytes at p that one U+FFFD replaces (the Unicode Standard, table 3-7). */
export function brokenLength(p: usize, e: usize): u32 {
  const b0: u32 = load<u8>(p);
  if (b0 < 0xc2 || b0 > 0xf4) return 1;
  const size: u32 = b0 < 0xe0 ? 2 : b0 < 0xf0 ? 3 : 4;
  let low: u32 = b0 == 0xe0 ? 0xa0 : b0 == 0xf0 ? 0x90 : 0x80;
  let high: u32 = b0 == 0xed ? 0x9f : b0 == 0xf4 ? 0x8f : 0xbf;
  let k: u32 = 1;
  while (k < size && p + k < e) {
    const b: u32 = load<u8>(p + k);
    if (b < low || b > high) break;
    low = 0x80;
    high = 0xbf;
    k++;
  }
  return k;
}

const HEX = memory.data<u8>([48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102]);
// The letter after the backslash for 8 to 13; 0 for 11, which has none.
const LETTERS = memory.data<u8>([98, 116, 110, 0, 102, 114]);

/** Marks the bytes that need attention: below 0x20 and from 0x80 on (one signed compare), '"' and '\'. */
// @ts-ignore: decorator
@inline
export function special(v: v128): v128 {
  return v128.or(
    i8x16.lt_s(v, i8x16.splat(0x20)),
    v128.or(i8x16.eq(v, i8x16.splat(0x22)), i8x16.eq(v, i8x16.splat(0x5c))),
  );
}

/** Writes [p, e) at o; returns the new o. May write up to 16 bytes more. */
export function escape(p: usize, e: usize, o: usize): usize {
  while (p < e) {
    const v = v128.load(p);
    v128.store(o, v);
    let bits = i8x16.bitmask(special(v));
    const left = <u32>(e - p);
    if (left < 16) bits &= (1 << left) - 1;
    if (bits == 0) {
      if (left <= 16) return o + left;
      p += 16;
      o += 16;
      continue;
    }
    const k = ctz(bits);
    p += k;
    o += k;
    const c: u32 = load<u8>(p);
    if (c >= 0x80) {
      do {
        const n = utf8At(p, e);
        if (n != 0) {
          store<u32>(o, load<u32>(p));
          p += n;
          o += n;
        } else {
          store<u32>(o, 0xbdbfef);
          o += 3;
          p += brokenLength(p, e);
        }
      } while (p < e && load<u8>(p) >= 0x80);
      continue;
    }
    p++;
    const letter: u32 = c == 0x22 || c == 0x5c
      ? c
      : c - 8 < 6
      ? <u32>load<u8>(LETTERS + (c - 8))
      : 0;
    if (letter != 0) {
      store<u16>(o, <u16>(0x5c | (letter << 8)));
      o += 2;
    } else {
      store<u32>(o, 0x3030755c); // \u00
      store<u8>(o, load<u8>(HEX + (c >> 4)), 4);
      store<u8>(o, load<u8>(HEX + (c & 15)), 5);
      o += 6;
    }
  }
  return o;
}

/**
 * Copies text that is valid JSON. Invalid UTF-8 becomes U+FFFD; the escape of a single surrogate becomes the escape of
 * U+FFFD, which has the same length. Returns the new o.
 */
export function repair(p: usize, e: usize, o: usize): usize {
  while (p < e) {
    const c: u32 = load<u8>(p);
    if (c == 0x5c) {
      const half = load<u8>(p, 1) == 0x75 ? surrogateAt(p + 1) : NO_SURROGATE;
      if (half == NO_SURROGATE) {
        store<u16>(o, load<u16>(p));
        p += 2;
        o += 2;
      } else if (half == HIGH && isPair(p + 1, e)) {
        store<u64>(o, load<u64>(p));
        store<u32>(o, load<u32>(p, 8), 8);
        p += 12;
        o += 12;
      } else {
        store<u32>(o, 0x6666755c); // \ufffd
        store<u16>(o, 0x6466, 4);
        p += 6;
        o += 6;
      }
      continue;
    }
    if (c < 0x80) {
      store<u8>(o++, <u8>c);
      p++;
      continue;
    }
    const n = utf8At(p, e);
    if (n != 0) {
      store<u32>(o, load<u32>(p));
      p += n;
      o += n;
    } else {
      store<u32>(o, 0xbdbfef);
      o += 3;
      p += brokenLength(p, e);
    }
  }
  return o;
}

/** Copies n bytes, 16 at a time; may write up to 15 bytes more. Returns the new o. */
// @ts-ignore: decorator
@inline
export function put(p: usize, n: u32, o: usize): usize {
  const e = o + n;
  while (o < e) {
    v128.store(o, v128.load(p));
    o += 16;
    p += 16;
  }
  return e;
}

/** As `put`, for longer texts: 32 bytes at a time; may write up to 31 bytes more. */
// @ts-ignore: decorator
@inline
export function putLong(p: usize, n: u32, o: usize): usize {
  const e = o + n;
  while (o < e) {
    v128.store(o, v128.load(p));
    v128.store(o, v128.load(p, 16), 16);
    o += 32;
    p += 32;
  }
  return e;
}

/** Writes bytes as lower-case hexadecimal digits; returns the new o. */
export function hex(p: usize, e: usize, o: usize): usize {
  for (; p < e; p++) {
    const b: u32 = load<u8>(p);
    store<u8>(o++, load<u8>(HEX + (b >> 4)));
    store<u8>(o++, load<u8>(HEX + (b & 15)));
  }
  return o;
}

/** Writes a whole number in decimal; returns the new o. */
export function decimal(n: u32, o: usize): usize {
  if (n < 10) {
    store<u8>(o, <u8>(48 + n));
    return o + 1;
  }
  let digits: u32 = 1;
  for (let rest = n; rest >= 10; rest /= 10) digits++;
  for (let i: usize = digits; i > 0; i--) {
    store<u8>(o + i - 1, <u8>(48 + n % 10));
    n /= 10;
  }
  return o + digits;
}

/** Writes a number below 10^8 as eight digits, all at once. */
// @ts-ignore: decorator
@inline
export function eightDigits(n: u32, o: usize): void {
  const fours = <u64>(n / 10000) | (<u64>(n % 10000) << 32);
  const hundreds = ((fours * 10486) >> 20) & 0x0000007f0000007f;
  const twos = hundreds | ((fours - hundreds * 100) << 16);
  const tens = ((twos * 103) >> 10) & 0x000f000f000f000f;
  store<u64>(o, (tens | ((twos - tens * 10) << 8)) + 0x3030303030303030);
}
