import type { z } from "zod";
import { Refused, scalar } from "./scalar.ts";

const MOST_CHARACTERS = 10_000;
const EXPECTED = "hosts, domains or addresses with commas between them, such as " +
  "localhost,.corp.example.com,10.0.0.7:8088";

/** Hosts as `NO_PROXY` has them; lower case. */
export function hostList(): z.ZodType<readonly string[], string> {
  return scalar({ kind: "hosts", expected: EXPECTED, json: { type: "string" } }, (text) => {
    const entries = text.toLowerCase().split(",").map((entry) => entry.trim())
      .filter((entry) => entry !== "");
    const right = text.length <= MOST_CHARACTERS &&
      entries.every((entry) => /^[^\s/@]+$/.test(entry));
    return right ? entries : new Refused(EXPECTED);
  });
}
