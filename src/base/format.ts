/** Numbers, sizes, durations and times as people read them. */

/** A number with its thousands grouped, such as `70,000`. */
export function grouped(number: number): string {
  return number.toLocaleString("en-US");
}

/**
 * A number of things, such as `1 shard` or `4,096 shards`.
 * @param plural For a noun whose plural is not made with an "s".
 */
export function countText(count: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : plural}`;
}

/** A size, such as `99.9 kB` or `1.2 MB`, in powers of 1000. */
export function bytesText(bytes: number): string {
  return bytes < 100_000 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A duration in the largest unit that is exact enough: `90 s`, `5.0 min` or `2.5 hours`. */
export function durationText(sec: number): string {
  if (sec < 120) return `${sec} s`;
  return sec < 7200 ? `${(sec / 60).toFixed(1)} min` : hoursText(sec);
}

/** A duration in hours, such as `0.5 hours`. */
export function hoursText(sec: number): string {
  return `${(sec / 3600).toFixed(1)} hours`;
}

/** A duration as `hours:minutes:seconds`, such as `1:05:09`; rounded up. */
export function hmsText(sec: number): string {
  const whole = Math.ceil(sec);
  const twoDigits = (value: number) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60) % 60;
  return `${Math.floor(whole / 3600)}:${twoDigits(minutes)}:${twoDigits(whole % 60)}`;
}

/**
 * A time in ISO 8601 and UTC, such as `2026-10-06T08:30:00Z`.
 * @param unixMs Milliseconds since 1970; they are shown only if they are not 0.
 */
export function isoTime(unixMs: number): string {
  return new Date(unixMs).toISOString().replace(".000Z", "Z");
}

/** A text with a capital letter at its start. */
export function capitalized(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}
