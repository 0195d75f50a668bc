/** Units by name, each with how many of the smallest unit it holds. */
export type Units = Readonly<Record<string, number>>;

/**
 * Reads a number with its unit (`20s`, `4.9MB`, `1 MB`) as a whole number of the smallest unit.
 * @returns undefined when it is not one, or not a whole number of the smallest unit.
 */
export function parseQuantity(text: string, units: Units): number | undefined {
  const match = /^(\d{1,15})(?:\.(\d{1,9}))? ?([A-Za-z]+)$/.exec(text);
  const [, whole = "", fraction = "", unit = ""] = match ?? [];
  if (!match || !Object.hasOwn(units, unit)) return undefined;
  const size = units[unit] ?? 0;
  const total = Number(whole) * size + (Number(fraction) * size) / 10 ** fraction.length;
  return Number.isSafeInteger(total) ? total : undefined;
}

/** Whether the text is a number that lacks its unit. */
export function lacksUnit(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text);
}

/** `ms, s, m, h or d`. */
export function listUnits(units: Units): string {
  const names = Object.keys(units);
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
