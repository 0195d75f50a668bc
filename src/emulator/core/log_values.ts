/** Gives a random integer from 0 to `below`, exclusive. */
export type Pick = (below: number) => number;

/** A random one of the values. */
export function one<T>(values: readonly T[], pick: Pick): T {
  return values[pick(values.length)]!;
}

/** A random IPv4 address as text. */
export function ip(pick: Pick): string {
  return `${10 + pick(180)}.${pick(256)}.${pick(256)}.${1 + pick(254)}`;
}

/** `digits` random hexadecimal digits. */
export function hex(pick: Pick, digits: number): string {
  let text = "";
  while (text.length < digits) text += pick(0x10000).toString(16).padStart(4, "0");
  return text.slice(0, digits);
}
