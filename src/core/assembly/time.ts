// Times as exact text: never through a float, which would lose the nanoseconds.

import { decimal, eightDigits } from "./text";

/** From here on it is no fraction of a second, and is left out. */
const MAX_NS: u32 = 999_999_999;

/** 1990-01-01T00:00:00Z. */
const OLDEST_SEC: u32 = 631_152_000;
/** Seconds from there to the newest plausible time. */
let usualSec: u32 = u32.MAX_VALUE - OLDEST_SEC;

// The digits of the last time: neighbouring logs often have the same.
const DIGITS = memory.data(16);
let digitCount: u32 = 0;
let written: u32 = 0;

/** Sets the newest plausible time; the oldest is in 1990. */
export function setNewestTime(sec: u32): void {
  usualSec = max(sec, OLDEST_SEC) - OLDEST_SEC;
}

/** Whether the time that was written last is implausible. */
// @ts-ignore: decorator
@inline
export function wroteOddTime(): bool {
  return written - OLDEST_SEC > usualSec;
}

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
  const first = ns / 100_000_000;
  store<u16>(o, <u16>(0x302e + (first << 8)));
  eightDigits(ns - first * 100_000_000, o + 2);
  return o + 10;
}
