import { Refused, type Scalar, scalar, type Unit } from "../schema/declare.ts";

/** Units by name, each with how many of the smallest unit it holds. */
type Units = Readonly<Record<string, number>>;

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const UNITS_BYTES = {
  B: 1,
  KB: 1_000,
  MB: 1_000 ** 2,
  GB: 1_000 ** 3,
  KiB: 1_024,
  MiB: 1_024 ** 2,
  GiB: 1_024 ** 3,
};

/** Milliseconds of a duration such as `20s`; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, UNITS_MS);
}

/** Bytes of a size such as `1MB`; undefined when it is not one. */
export function parseByteSize(text: string): number | undefined {
  return parseQuantity(text, UNITS_BYTES);
}

/** Bounds of a duration, as an operator writes them. */
export interface DurationBounds {
  /** Shortest duration. */
  readonly min: string;
  /** Longest duration. Default `1d`. */
  readonly max?: string;
  /** Only whole seconds, the server's unit. */
  readonly wholeSeconds?: boolean;
}

/** A duration in milliseconds, between its bounds. */
export function duration(
  { min, max = "1d", wholeSeconds = false }: DurationBounds,
): Scalar<number, "Ms"> {
  return quantity({
    kind: "duration",
    unit: "Ms",
    units: UNITS_MS,
    what: wholeSeconds ? "a duration in whole seconds" : "a duration",
    bounds: [min, max],
    example: "20s",
    step: wholeSeconds ? 1_000 : 1,
  });
}

/** A size in bytes, between its bounds, both written as an operator writes them. */
export function byteSize(
  { min, max }: { readonly min: string; readonly max: string },
): Scalar<number, "Bytes"> {
  return quantity({
    kind: "size",
    unit: "Bytes",
    units: UNITS_BYTES,
    what: "a size",
    bounds: [min, max],
    example: "1MB",
    step: 1,
  });
}

/** Bytes per second, written as a size, or with `/s` behind it. */
export function byteRate(): Scalar<number, "BytesPerSec"> {
  return quantity({
    kind: "size per second",
    unit: "BytesPerSec",
    units: UNITS_BYTES,
    what: "bytes per second",
    bounds: ["1B", "1024GB"],
    example: "10MB",
    step: 1,
    suffix: "/s",
  });
}

interface QuantityRules<U extends Unit> {
  readonly kind: string;
  readonly unit: U;
  readonly units: Units;
  readonly what: string;
  readonly bounds: readonly [min: string, max: string];
  /** Shown where the bounds allow it; `min` otherwise. */
  readonly example: string;
  /** The value is a multiple of this many of the smallest unit. */
  readonly step: number;
  /** May be written behind the unit. */
  readonly suffix?: string;
}

function quantity<U extends Unit>(
  { kind, unit, units, what, bounds: [min, max], example, step, suffix = "" }: QuantityRules<U>,
): Scalar<number, U> {
  const [least = 0, most = 0, usual = 0] = [min, max, example].map((text) =>
    parseQuantity(text, units)
  );
  const shown = least <= usual && usual <= most ? example : min;
  const names = Object.keys(units);
  const list = `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
  const expected = `${what} from ${min} to ${max}, such as ${shown} (units: ${list})`;
  const behind = suffix === "" ? "" : `(${suffix})?`;
  const json = {
    type: "string",
    pattern: `^\\d+(\\.\\d+)? ?(${names.join("|")})${behind}$`,
  };
  return scalar({ kind, unit, expected, json }, (given) => {
    const text = suffix !== "" && given.endsWith(suffix) ? given.slice(0, -suffix.length) : given;
    // Every number needs its unit: 1000 could mean KB.
    if (/^\d+(\.\d+)?$/.test(text)) return new Refused(`a unit after the number: ${expected}`);
    const value = parseQuantity(text, units);
    const valid = value !== undefined && value >= least && value <= most && value % step === 0;
    return valid ? value : new Refused(expected);
  });
}

/** Reads a number with its unit (`20s`, `4.9MB`, `1 MB`) as a whole number of the smallest unit. */
function parseQuantity(text: string, units: Units): number | undefined {
  const match = /^(\d{1,15})(?:\.(\d{1,9}))? ?([A-Za-z]+)$/.exec(text);
  const [, whole = "", fraction = "", unit = ""] = match ?? [];
  if (!match || !Object.hasOwn(units, unit)) return undefined;
  const size = units[unit] ?? 0;
  const total = Number(whole) * size + (Number(fraction) * size) / 10 ** fraction.length;
  return Number.isSafeInteger(total) ? total : undefined;
}
