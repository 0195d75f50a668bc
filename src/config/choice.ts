import type { z } from "zod";
import { Refused, scalar } from "./scalar.ts";

/** One of a few words. */
export function choice<const T extends string>(...words: readonly T[]): z.ZodType<T, string> {
  const expected = `one of: ${words.join(", ")}`;
  return scalar({ kind: words.join(", "), expected, json: { enum: words } }, (text) => {
    return words.find((word) => word === text) ?? new Refused(expected);
  });
}
