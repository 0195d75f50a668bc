import type { z } from "zod";
import { Refused, scalar } from "./scalar.ts";

const MOST = 256;
const EXPECTED = `auto, or a whole number from 0 to ${MOST}`;

/** How many workers: a number, or as many as are of use. */
export function workerNumber(): z.ZodType<"auto" | number, string> {
  const json = { anyOf: [{ enum: ["auto"] }, { type: "integer", minimum: 0, maximum: MOST }] };
  return scalar({ kind: "auto or whole number", expected: EXPECTED, json }, (text) => {
    if (text === "auto") return "auto";
    const value = /^\d{1,3}$/.test(text) ? Number(text) : NaN;
    return value <= MOST ? value : new Refused(EXPECTED);
  });
}
