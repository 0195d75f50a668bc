import type { z } from "zod";
import { lacksUnit, listUnits, parseQuantity } from "./quantity.ts";
import { Refused, scalar } from "./scalar.ts";

const UNITS_BYTES = {
  B: 1,
  KB: 1_000,
  MB: 1_000 ** 2,
  GB: 1_000 ** 3,
  KiB: 1_024,
  MiB: 1_024 ** 2,
  GiB: 1_024 ** 3,
};

/** Bytes of a size such as `1MB`; undefined when it is not one. */
export function parseByteSize(text: string): number | undefined {
  return parseQuantity(text, UNITS_BYTES);
}

/** A size in bytes, between its bounds, both written as an operator writes them. */
export function byteSize(
  { min, max }: { readonly min: string; readonly max: string },
): z.ZodType<number, string> {
  const [minBytes = 0, maxBytes = 0] = [parseByteSize(min), parseByteSize(max)];
  const example = minBytes <= 1_000_000 && maxBytes >= 1_000_000 ? "1MB" : min;
  const expected = `a size from ${min} to ${max}, such as ${example} (units: ${
    listUnits(UNITS_BYTES)
  })`;
  const json = {
    type: "string",
    pattern: `^\\d+(\\.\\d+)? ?(${Object.keys(UNITS_BYTES).join("|")})$`,
  };
  return scalar({ kind: "size", expected, json }, (text) => {
    // One rule for every number that has a unit: 1000 could be meant as KB, so it must be said.
    if (lacksUnit(text)) return new Refused(`a unit after the number: ${expected}`);
    const bytes = parseByteSize(text);
    return bytes === undefined || bytes < minBytes || bytes > maxBytes
      ? new Refused(expected)
      : bytes;
  });
}
