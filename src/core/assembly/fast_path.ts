// The fast path: one log to one event, for a log whose keys were seen before.
//
// It returns 0 when it cannot handle a log; the caller then uses `generalLog`, which is the specification. Most logs
// take the fast path: benches "batch", of all pages.

import { bodyLength, envelopeAt, envelopeLength, expandsAt, startAt, startLength } from "./group";
import { writeEnd, writeExpanded } from "./log";
import { textAt } from "./regions";
import { asText, expandId, idLength } from "./mapping";
import { childrenOf, match, rootOf, writtenAt } from "./key_trie";
import { decimal, escape, put, putLong } from "./text";
import { writeTime } from "./time";
import { next, value, varint, varintOfFive } from "./wire";

/** The bytes that escaping looks for: see `special`. Loaded, because constants would be built at each use. */
const SPECIAL_BYTES = memory.data<u8>([0x20, 0x22, 0x5c]);

/** Writes the log at [p, e) if its sequence of keys is known. Returns the new o; 0 if it is not. */
export function knownKeysLog(p: usize, e: usize, number: u32, o: usize): usize {
  let link = rootOf(expandId(expandsAt));
  if (load<u8>(p) != 0x08) return 0;
  const time = varintOfFive(p + 1, e);
  p = next(time);
  if (p == 0) return 0;
  // A guess: Time_ns, if there is one, is the last field. It is right if the contents end exactly there.
  let end = e;
  let ns: u32 = 0;
  const withNs = e - p >= 5 && load<u8>(e - 5) == 0x25;
  if (withNs) {
    ns = load<u32>(e - 4);
    end = e - 5;
  }
  const low = i8x16.splat(load<u8>(SPECIAL_BYTES));
  const quote = i8x16.splat(load<u8>(SPECIAL_BYTES, 1));
  const backslash = i8x16.splat(load<u8>(SPECIAL_BYTES, 2));
  o = putLong(envelopeAt, envelopeLength, writeTime(value(time), ns, withNs, o));
  if (idLength != 0) o = decimal(number, o);
  let w: usize;
  if (!asText) w = o = putLong(startAt, startLength + bodyLength, o); // they are adjacent
  else {
    o = put(startAt, startLength, o);
    w = put(startAt + startLength, bodyLength, textAt);
  }
  while (p < end) {
    const head = load<u32>(p);
    if ((head & 0xff) != 0x12) return 0;
    let size = (head >> 8) & 0xff;
    p += 2;
    if (size >= 0x80) {
      const read = varint(p - 1, end);
      p = next(read);
      if (p == 0) return 0;
      size = value(read);
    }
    if (p > end || size > <u32>(end - p)) return 0;
    const contentEnd = p + size;
    const node = match(link, p, size);
    if (node == 0) return 0;
    const sizes = load<u32>(node);
    const read = varint(p + (sizes & 0xff), contentEnd);
    p = next(read);
    if (p == 0 || value(read) != <u32>(contentEnd - p)) return 0;
    const written = (sizes >> 8) & 0xff;
    v128.store(w, v128.load(writtenAt(node)));
    v128.store(w, v128.load(writtenAt(node), 16), 16);
    if (written > 32) put(writtenAt(node) + 32, written - 32, w + 32);
    w += written;
    link = childrenOf(node);
    if ((sizes & 0xff0000) != 0) {
      w = writeExpanded(p, contentEnd, w - 1);
      p = contentEnd;
      continue;
    }
    // Plain values without a call.
    while (true) {
      const left = <u32>(contentEnd - p);
      const v = v128.load(p);
      v128.store(w, v);
      const marked = v128.or(i8x16.lt_s(v, low), v128.or(i8x16.eq(v, quote), i8x16.eq(v, backslash)));
      const marks = <u32>i8x16.bitmask(marked);
      if (left <= 16) {
        if ((marks & ((1 << left) - 1)) == 0) w += left;
        else w = escape(p, contentEnd, w);
        break;
      }
      if (marks != 0) {
        w = escape(p, contentEnd, w);
        break;
      }
      p += 16;
      w += 16;
    }
    store<u8>(w++, 0x22);
    p = contentEnd;
  }
  return p == end ? writeEnd(w, o) : 0;
}
