// A deflate encoder (RFC 1951): matches to blocks with their own Huffman codes.

import { assignCodes, codeLengths } from "./huffman";
import { findMatches, takeTokens } from "./matches";

const LITERALS: u32 = 286;
const DISTANCES: u32 = 30;
/** In one table, distances come after literals and lengths. */
const DISTANCE_AT: u32 = 288;
const SYMBOLS: u32 = 320;
const END_OF_BLOCK: u32 = 256;
const FIRST_LENGTH: u32 = 257;
/** With codes of at most 12 bits, four literals fit into 64 bits next to 7 unwritten ones. */
const LONGEST_CODE: u32 = 12;
/** Of more tokens than this, one in 16 is counted: a sample is enough. */
const COUNTED_WHOLE: u32 = 4096;
/** Bits that a new code must save: building its tables takes time, too. */
const WORTH_A_CODE_BITS: u64 = 4096;

const COUNTS = memory.data(320 * 4);
const LENGTHS = memory.data(320);
const NEW_LENGTHS = memory.data(320);
const CODES = memory.data(320 * 4);
/** By match length: bits of its code and extra bits | their number. */
const LENGTH_BITS = memory.data(260 * 8);
/** By distance - 1, or 256 + its upper bits: bits (u32) | their number (u16) | position of its lower bits (u16). */
const DISTANCE_BITS = memory.data(512 * 8);
/** One literal: its bits | their number << 27. After the last, none. */
const SINGLES = memory.data(257 * 4);
const NONE = SINGLES + 256 * 4;
const POWERS = memory.data(256 * 4);
/** Two literals at once, in the same form. */
const PAIRS = memory.data(65536 * 4);
/** By match length: its symbol less 257. By distance - 1, or 256 + its upper bits: its symbol. */
const LENGTH_SYMBOLS = memory.data(260);
const DISTANCE_SYMBOLS = memory.data(512);
const LENGTH_BASES = memory.data<u16>([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258,
]);
const LENGTH_EXTRA = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
]);
const DISTANCE_BASES = memory.data<u16>([
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
]);
let ready = false;

// The bits that are not yet written, and their destination.
let bits: u64 = 0;
let bitCount: u64 = 0;
let out: usize = 0;
let blockAt: usize = 0;

/**
 * Compresses [p, p + n) to dst, which has room for 2 n + 8192 bytes; `tokens` has room for `capacity` bytes. Returns
 * the length.
 */
export function deflate(p: usize, n: u32, tokens: usize, capacity: u32, dst: usize): u32 {
  if (!ready) prepare();
  bits = bitCount = 0;
  out = dst;
  blockAt = p;
  findMatches(p, p + n, tokens, capacity);
  endBlock(tokens, takeTokens(p + n), true);
  flush();
  if (bitCount != 0) out++;
  return <u32>(out - dst);
}

/** Writes a block of the tokens up to `last`. */
export function endBlock(tokens: usize, last: usize, isLast: bool): void {
  count(tokens, last);
  learn(tokens, last);
  writeHeader(isLast);
  writeTokens(tokens, last);
}

function prepare(): void {
  for (let s: u32 = 0; s < 29; s++) {
    const first = load<u16>(LENGTH_BASES + s * 2);
    const lengths: u32 = s == 28 ? 1 : 1 << load<u8>(LENGTH_EXTRA + s);
    for (let k: u32 = 0; k < lengths; k++) store<u8>(LENGTH_SYMBOLS + first + k, <u8>s);
  }
  store<u8>(LENGTH_SYMBOLS + 258, 28);
  let s: u32 = 0;
  for (let d: u32 = 1; d <= 32768; d += d <= 256 ? 1 : 128) {
    while (s < 29 && <u32>load<u16>(DISTANCE_BASES + (s + 1) * 2) <= d) s++;
    store<u8>(DISTANCE_SYMBOLS + (d <= 256 ? d - 1 : 256 + ((d - 1) >> 7)), <u8>s);
  }
  ready = true;
}

// @ts-ignore: decorator
@inline
function distanceSymbol(far: u32): u32 { // far: distance - 1
  return <u32>load<u8>(DISTANCE_SYMBOLS + (far < 256 ? far : 256 + (far >> 7)));
}

// @ts-ignore: decorator
@inline
function bump(symbol: u32): void {
  const at = COUNTS + (symbol << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** Counts the symbols of the block, each once more, so that every symbol has a code. */
function count(tokens: usize, last: usize): void {
  for (let i: u32 = 0; i < SYMBOLS; i++) store<u32>(COUNTS + i * 4, 1);
  const skipped: usize = <u32>(last - tokens) >> 3 > COUNTED_WHOLE ? 0x78 : 0;
  let p = blockAt;
  for (let t = tokens; t <= last; t += 8) {
    const end = p + load<u32>(t);
    const length: u32 = load<u16>(t, 4);
    if ((t & skipped) == 0) {
      while (p < end) bump(<u32>load<u8>(p++));
      if (length != 0) {
        bump(FIRST_LENGTH + <u32>load<u8>(LENGTH_SYMBOLS + length));
        bump(DISTANCE_AT + distanceSymbol(load<u16>(t, 6)));
      }
    }
    p = end + length;
  }
}

/** Chooses a new code for the block unless that of the block before is nearly as good. */
function learn(tokens: usize, last: usize): void {
  codeLengths(COUNTS, NEW_LENGTHS, LITERALS, LONGEST_CODE);
  codeLengths(COUNTS + DISTANCE_AT * 4, NEW_LENGTHS + DISTANCE_AT, DISTANCES, LONGEST_CODE);
  if (load<u8>(LENGTHS) != 0) {
    const scale: u64 = <u32>(last - tokens) >> 3 > COUNTED_WHOLE ? 16 : 1;
    const before = cost(LENGTHS);
    const now = cost(NEW_LENGTHS);
    const saved = before > now ? (before - now) * scale : 0;
    if (saved < WORTH_A_CODE_BITS || before * 50 <= now * 51) return;
  }
  memory.copy(LENGTHS, NEW_LENGTHS, SYMBOLS);
  assignCodes(LENGTHS, CODES, LITERALS);
  assignCodes(LENGTHS + DISTANCE_AT, CODES + DISTANCE_AT * 4, DISTANCES);
  makeTables();
}

/** The tables for writing tokens. */
function makeTables(): void {
  for (let length: u32 = 3; length <= 258; length++) {
    const s: u32 = load<u8>(LENGTH_SYMBOLS + length);
    const code = load<u32>(CODES + ((FIRST_LENGTH + s) << 2));
    const extra = length - load<u16>(LENGTH_BASES + s * 2);
    store<u32>(LENGTH_BITS + length * 8, (code & 0xffff) | (extra << (code >> 16)));
    store<u32>(LENGTH_BITS + length * 8, (code >> 16) + load<u8>(LENGTH_EXTRA + s), 4);
  }
  for (let i: u32 = 0; i < 512; i++) {
    const far = i < 256 ? i : (i - 256) << 7;
    const s: u32 = load<u8>(DISTANCE_SYMBOLS + i);
    const code = load<u32>(CODES + ((DISTANCE_AT + s) << 2));
    const size = code >> 16;
    const extra = far + 1 - load<u16>(DISTANCE_BASES + s * 2);
    store<u32>(DISTANCE_BITS + i * 8, (code & 0xffff) | (extra << size));
    store<u16>(DISTANCE_BITS + i * 8, <u16>(size + (s < 4 ? 0 : (s >> 1) - 1)), 4);
    store<u16>(DISTANCE_BITS + i * 8, <u16>size, 6);
  }
  for (let x: u32 = 0; x < 256; x++) {
    const code = load<u32>(CODES + x * 4);
    store<u32>(SINGLES + x * 4, (code & 0xffff) | ((code >> 16) << 27));
    store<u32>(POWERS + x * 4, 1 << (code >> 16));
  }
  for (let y: u32 = 0; y < 256; y++) { // four pairs at once; a multiplication shifts each lane by its own size
    const second = load<u32>(SINGLES + y * 4);
    const bits = i32x4.splat(second & 0x7ffffff);
    const size = i32x4.splat(second & ~0x7ffffff);
    const row = PAIRS + (y << 10);
    for (let x: usize = 0; x < 1024; x += 16) {
      const behind = i32x4.add(i32x4.mul(bits, v128.load(POWERS + x)), size);
      v128.store(row + x, i32x4.add(v128.load(SINGLES + x), behind));
    }
  }
}

function cost(lengths: usize): u64 {
  let sum: u64 = 0;
  for (let i: usize = 0; i < SYMBOLS; i++) {
    sum += <u64>load<u32>(COUNTS + i * 4) * load<u8>(lengths + i);
  }
  return sum;
}

// @ts-ignore: decorator
@inline
function flush(): void {
  store<u64>(out, bits);
  out += <usize>(bitCount >> 3);
  bits >>= bitCount & ~7;
  bitCount &= 7;
}

// @ts-ignore: decorator
@inline
function write(value: u64, size: u64): void {
  bits |= value << bitCount;
  bitCount += size;
}

/** A block of type 2 with four bits for each code length. */
function writeHeader(isLast: bool): void {
  write((isLast ? 1 : 0) | (2 << 1) | (29 << 3) | (29 << 8) | (15 << 13), 17);
  flush();
  // Lengths of the code for code lengths: none for 16 to 18, which repeat, and four bits for 0 to 15.
  for (let k: u32 = 0; k < 19; k++) {
    write(k < 3 ? 0 : 4, 3);
    flush();
  }
  for (let i: u32 = 0; i < LITERALS + DISTANCES; i++) {
    const at = i < LITERALS ? i : DISTANCE_AT + (i - LITERALS);
    const length: u32 = load<u8>(LENGTHS + at);
    const reversed = ((length & 1) << 3) | ((length & 2) << 1) | ((length & 4) >> 1) | (length >> 3);
    write(reversed, 4);
    flush();
  }
}

/** Writes the tokens up to `last`. Its state is in locals, because the engine keeps globals in memory. */
function writeTokens(tokens: usize, last: usize): void {
  let b = bits;
  let n = bitCount;
  let o = out;
  let p = blockAt;
  for (let t = tokens; t <= last; t += 8) {
    const token = load<u64>(t);
    const run = <u32>token;
    // The last literals, fewer than four, without a branch: at most 36 bits.
    const few = load<u32>(p);
    const hasTwo = (run & 2) != 0;
    const two = load<u32>(select<usize>(PAIRS + ((few & 0xffff) << 2), NONE, hasTwo));
    const last: usize = select<u32>(few >> 16, few, hasTwo) & 0xff;
    const one = load<u32>(select<usize>(SINGLES + (last << 2), NONE, (run & 1) != 0));
    b |= (literals(two) | (literals(one) << size(two))) << n;
    n += size(two) + size(one);
    store<u64>(o, b);
    o += <usize>(n >> 3);
    b >>= n & ~7;
    n &= 7;
    const end = p + run;
    for (p += run & 3; p < end; p += 4) {
      const four = load<u32>(p);
      const first = load<u32>(PAIRS + ((four & 0xffff) << 2));
      const second = load<u32>(PAIRS + ((four >> 16) << 2));
      b |= (literals(first) | (literals(second) << size(first))) << n;
      n += size(first) + size(second);
      store<u64>(o, b);
      o += <usize>(n >> 3);
      b >>= n & ~7;
      n &= 7;
    }
    const length: usize = <u32>(token >> 32) & 0xffff;
    if (length == 0) continue;
    const lengthBits = load<u64>(LENGTH_BITS + (length << 3)); // at most 17 bits
    b |= (lengthBits & 0xffffffff) << n;
    n += lengthBits >> 32;
    const far = <u32>(token >> 48);
    const isFar = far >= 256;
    const at: usize = select<u32>(256 + (far >> 7), far, isFar);
    const farBits = load<u64>(DISTANCE_BITS + (at << 3)); // at most 25 bits
    const lower: u64 = select<u32>(far & 127, 0, isFar);
    b |= ((farBits & 0xffffffff) + (lower << (farBits >> 48))) << n;
    n += (farBits >> 32) & 0xffff;
    store<u64>(o, b);
    o += <usize>(n >> 3);
    b >>= n & ~7;
    n &= 7;
    p += length;
  }
  bits = b;
  bitCount = n;
  out = o;
  blockAt = p;
  const code = load<u32>(CODES + (END_OF_BLOCK << 2));
  write(code & 0xffff, code >> 16);
  flush();
}

// @ts-ignore: decorator
@inline
function literals(entry: u32): u64 {
  return entry & 0x7ffffff;
}

// @ts-ignore: decorator
@inline
function size(entry: u32): u64 {
  return entry >> 27;
}
