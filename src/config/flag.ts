import type { z } from "zod";
import { Refused, scalar } from "./scalar.ts";

const EXPECTED = "true or false";

/** A switch. Only `true` and `false`: `yes` and `on` mean different things to different YAML readers. */
export function flag(): z.ZodType<boolean, string> {
  return scalar({ kind: EXPECTED, expected: EXPECTED, json: { type: "boolean" } }, (text) => {
    if (text === "true") return true;
    return text === "false" ? false : new Refused(EXPECTED);
  });
}
