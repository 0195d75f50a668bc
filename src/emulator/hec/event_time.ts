/**
 * The moment that Splunk gives an event whose envelope says `text`, in microseconds since 1970.
 *
 * Seconds with decimals, truncated after the sixth; whole numbers of 13 digits are milliseconds
 * and of 19 digits nanoseconds, as Splunk 10.4.3 was seen to do.
 *
 * @param text A JSON number or the text of a numeric string, from 0 on.
 * @returns NaN for text that is not a number; less than 0 for a number below it.
 */
export function timeMicros(text: string): number {
  const match = /^\s*(\d+)(?:\.(\d*))?\s*$/.exec(text);
  if (text.trim() === "") return NaN;
  if (!match) return Math.trunc(Number(text) * 1e6); // with an exponent: as exact as a double is
  const [, whole = "", decimals] = match;
  if (decimals === undefined && whole.length === 13) return Number(whole) * 1000;
  if (decimals === undefined && whole.length === 19) return Number(whole.slice(0, 16));
  return Number(whole + (decimals ?? "").slice(0, 6).padEnd(6, "0"));
}
