/** Hash keys are 128-bit numbers, as 32 lower-case hex digits. */
const KEY_BITS = 128n;
/** The end of the last shard, by definition. */
const LAST_KEY = "f".repeat(32);

/** The hash keys of a shard: `begin` inclusive, `end` exclusive. */
export interface KeyRange {
  readonly begin: string;
  readonly end: string;
}

/** Divides all keys into `count` equal ranges. */
export function evenRanges(count: number): KeyRange[] {
  const border = (i: number) =>
    i === count ? LAST_KEY : keyText((BigInt(i) << KEY_BITS) / BigInt(count));
  return Array.from({ length: count }, (_, i) => ({ begin: border(i), end: border(i + 1) }));
}

/** The key in the middle of a range. */
export function middleKey({ begin, end }: KeyRange): string {
  return keyText((BigInt(`0x${begin}`) + BigInt(`0x${end}`) + 1n) / 2n);
}

/** Whether a key, in lower case, belongs to a range. */
export function inRange(key: string, { begin, end }: KeyRange): boolean {
  return begin <= key && (key < end || end === LAST_KEY);
}

function keyText(value: bigint): string {
  return value.toString(16).padStart(32, "0");
}
