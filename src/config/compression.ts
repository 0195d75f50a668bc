import type { z } from "zod";
import { Refused, scalar } from "./scalar.ts";

const EXPECTED = "true, zlib or false";

/** Whether and how requests are compressed. */
export function compression(): z.ZodType<boolean | "zlib", string> {
  return scalar(
    { kind: EXPECTED, expected: EXPECTED, json: { enum: [true, "zlib", false] } },
    (text) => {
      if (text === "zlib") return text;
      if (text === "true") return true;
      return text === "false" ? false : new Refused(EXPECTED);
    },
  );
}
