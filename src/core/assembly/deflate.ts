// A deflate encoder (RFC 1951): matches to blocks with Huffman codes of their own.

import { assignCodes, codeLengths } from "./huffman";
import { findMatches, takeTokens } from "./matches";

const LITERALS: u32 = 286;
const DISTANCES: u32 = 30;
/** In one table, distances come behind the literals and lengths. */
const DISTANCE_AT: u32 = 288;
const SYMBOLS: u32 = 320;
const END_OF_BLOCK: u32 = 256;
const FIRST_LENGTH: u32 = 257;
/** With codes of at most 12 bits, four literals fit into 64 bits beside 7 that are left over. */
const LONGEST_CODE: u32 = 12;
/** More tokens than this are counted one in 16: enough to learn from. */
const COUNTED_WHOLE: u32 = 4096;
/** A new code is made only when it saves so many bits: making its tables takes time, too. */
const WORTH_A_CODE_BITS: u64 = 4096;

const COUNTS = memory.data(320 * 4);
const LENGTHS = memory.data(320);
const NEW_LENGTHS = memory.data(320);
const CODES = memory.data(320 * 4);
/** By match length: bits of its code and extra bits | how many. */
const LENGTH_BITS = memory.data(260 * 8);
/** Two literals at once: their bits | how many << 27. */
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

// The bits that are not written yet, and where they go.
let bits: u64 = 0;
let bitCount: u64 = 0;
let out: usize = 0;
let blockAt: usize = 0;

/**
 * Compresses [p, p + n) to dst, where 2 n + 8192 bytes have room; `tokens` has room for `capacity` bytes.
 * Returns the length.
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

/** Counts the symbols of the block; every one once more, so that each has a code. */
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

/** Takes a new code for the block unless that of the block before is nearly as good. */
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
  for (let length: u32 = 3; length <= 258; length++) {
    const s: u32 = load<u8>(LENGTH_SYMBOLS + length);
    const code = load<u32>(CODES + ((FIRST_LENGTH + s) << 2));
    const extra = length - load<u16>(LENGTH_BASES + s * 2);
    store<u32>(LENGTH_BITS + length * 8, (code & 0xffff) | (extra << (code >> 16)));
    store<u32>(LENGTH_BITS + length * 8, (code >> 16) + load<u8>(LENGTH_EXTRA + s), 4);
  }
  for (let y: usize = 0; y < 256; y++) {
    const second = load<u32>(CODES + y * 4);
    for (let x: usize = 0; x < 256; x++) {
      const first = load<u32>(CODES + x * 4);
      const size = first >> 16;
      const both = (first & 0xffff) | ((second & 0xffff) << size);
      store<u32>(PAIRS + ((y << 10) | (x << 2)), both | ((size + (second >> 16)) << 27));
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

/** A block of type 2 whose code lengths are written with four bits each. */
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

function writeTokens(tokens: usize, last: usize): void {
  let p = blockAt;
  for (let t = tokens; t <= last; t += 8) {
    const end = p + load<u32>(t);
    while (p + 4 <= end) {
      const four = load<u32>(p);
      const first = load<u32>(PAIRS + ((four & 0xffff) << 2));
      const second = load<u32>(PAIRS + ((four >> 16) << 2));
      const size: u64 = first >> 27;
      write(<u64>(first & 0x7ffffff) | (<u64>(second & 0x7ffffff) << size), size + (second >> 27));
      flush();
      p += 4;
    }
    for (; p < end; p++) { // at most three, of 12 bits
      const code = load<u32>(CODES + (<usize>load<u8>(p) << 2));
      write(code & 0xffff, code >> 16);
    }
    flush();
    const length: u32 = load<u16>(t, 4);
    if (length != 0) {
      write(load<u32>(LENGTH_BITS + length * 8), load<u32>(LENGTH_BITS + length * 8, 4)); // 17 bits
      const far: u32 = load<u16>(t, 6);
      const s = distanceSymbol(far);
      const code = load<u32>(CODES + ((DISTANCE_AT + s) << 2));
      write(code & 0xffff, code >> 16); // 12 bits
      write(far + 1 - load<u16>(DISTANCE_BASES + s * 2), s < 4 ? 0 : (s >> 1) - 1); // 13 bits
      flush();
      p += length;
    }
  }
  const code = load<u32>(CODES + (END_OF_BLOCK << 2));
  write(code & 0xffff, code >> 16);
  flush();
  blockAt = p;
}
