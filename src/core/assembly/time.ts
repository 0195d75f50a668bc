// Times as exact text: never through a float, which would lose the nanoseconds.

import { decimal } from "./text";

/** More is no fraction of a second, and is left out. */
const MAX_NS: u32 = 999_999_999;

// The digits of the last time, as neighbours share it.
const DIGITS = memory.data(16);
let digitCount: u32 = 0;
let written: u32 = 0;

/** Writes `{"time":SECONDS[.NNNNNNNNN]`; returns the new o. */
// @ts-ignore: decorator
@inline
export function writeTime(sec: u32, ns: u32, withNs: bool, o: usize): usize {
  store<u64>(o, 0x3a22656d6974227b); // {"time":
  o += 8;
  if (sec != written || digitCount == 0) {
    written = sec;
    digitCount = <u32>(decimal(sec, DIGITS) - DIGITS);
  }
  v128.store(o, v128.load(DIGITS));
  o += digitCount;
  if (!withNs || ns > MAX_NS) return o;
  store<u8>(o, 0x2e);
  for (let i: usize = 9; i > 0; i--) {
    const tenth = ns / 10;
    store<u8>(o + i, <u8>(48 + (ns - tenth * 10)));
    ns = tenth;
  }
  return o + 10;
}
