import type { z } from "zod";
import { Refused, scalar } from "./scalar.ts";

/** A whole number between its bounds, in plain decimal digits. */
export function wholeNumber(
  { min, max }: { readonly min: number; readonly max: number },
): z.ZodType<number, string> {
  const expected = `a whole number from ${min} to ${max}`;
  const json = { type: "integer", minimum: min, maximum: max };
  return scalar({ kind: "whole number", expected, json }, (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    return value >= min && value <= max ? value : new Refused(expected);
  });
}
