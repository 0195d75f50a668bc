import type { z } from "zod";
import { lacksUnit, listUnits, parseQuantity } from "./quantity.ts";
import { Refused, scalar } from "./scalar.ts";

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of a duration such as `20s`; undefined when it is not one. */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, UNITS_MS);
}

/** Bounds of a duration, as an operator writes them. */
export interface DurationBounds {
  readonly min: string;
  readonly max?: string;
  /** Only whole seconds, since a server counts in them. */
  readonly wholeSeconds?: boolean;
}

/** A duration in milliseconds, between its bounds. At most a day unless `max` says otherwise. */
export function duration(
  { min, max = "1d", wholeSeconds = false }: DurationBounds,
): z.ZodType<number, string> {
  const [minMs = 0, maxMs = 0] = [parseDuration(min), parseDuration(max)];
  const what = wholeSeconds ? "a duration in whole seconds" : "a duration";
  const example = minMs <= 20_000 && maxMs >= 20_000 ? "20s" : min;
  const expected = `${what} from ${min} to ${max}, such as ${example} (units: ${
    listUnits(UNITS_MS)
  })`;
  const json = {
    type: "string",
    pattern: `^\\d+(\\.\\d+)? ?(${Object.keys(UNITS_MS).join("|")})$`,
  };
  return scalar({ kind: "duration", expected, json }, (text) => {
    if (lacksUnit(text)) return new Refused(`a unit after the number: ${expected}`);
    const ms = parseDuration(text);
    if (ms === undefined || ms < minMs || ms > maxMs) return new Refused(expected);
    return wholeSeconds && ms % 1_000 !== 0 ? new Refused(expected) : ms;
  });
}
