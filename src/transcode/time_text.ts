/**
 * Times as exact text: never through a float, which would lose the nanoseconds and so the order of
 * events within a microsecond.
 */

const START = new TextEncoder().encode('{"time":');
const MAX_NS = 999_999_999;

/**
 * Writes `{"time":SECONDS` or `{"time":SECONDS.NNNNNNNNN` at `target[to]`.
 * @param timeNs Nanoseconds within the second; -1 when the log carries none. A value that is no
 * fraction of a second (above 999,999,999) is left out.
 * @returns the position after what was written, at most 28 bytes on.
 */
export function writeEventTime(
  timeSec: number,
  timeNs: number,
  target: Uint8Array,
  to: number,
): number {
  for (let i = 0; i < START.length; i++) target[to++] = START[i]!;
  to = writeDecimal(timeSec, target, to);
  if (timeNs < 0 || timeNs > MAX_NS) return to;
  target[to] = 0x2e;
  let rest = timeNs;
  for (let i = 9; i > 0; i--) {
    const tenth = Math.floor(rest / 10);
    target[to + i] = 0x30 + (rest - tenth * 10);
    rest = tenth;
  }
  return to + 10;
}

/** Writes a whole number of 0 or more, below 2^53, in decimal. */
export function writeDecimal(value: number, target: Uint8Array, to: number): number {
  let digits = 1;
  for (let bound = 10; value >= bound; bound *= 10) digits++;
  let rest = value;
  for (let i = digits - 1; i >= 0; i--) {
    const tenth = Math.floor(rest / 10);
    target[to + i] = 0x30 + (rest - tenth * 10);
    rest = tenth;
  }
  return to + digits;
}
