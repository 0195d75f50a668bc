import type { z } from "zod";
import { addressRange } from "../base/ip_address.ts";
import { Refused, scalar } from "./scalar.ts";
import { showHosts } from "./shown_value.ts";

const MOST_CHARACTERS = 10_000;
const EXPECTED = "hosts, domains, addresses or ranges of addresses with commas between them, " +
  "such as localhost,.corp.example.com,10.0.0.7:8088,10.0.0.0/8,fd00::/8";

/** Hosts as `NO_PROXY` has them; lower case. */
export function hostList(): z.ZodType<readonly string[], string> {
  return scalar(
    { kind: "hosts", expected: EXPECTED, json: { type: "string" }, show: showHosts },
    (text) => {
      const entries = text.toLowerCase().split(",").map((entry) => entry.trim())
        .filter((entry) => entry !== "");
      if (text.length > MOST_CHARACTERS) return new Refused(EXPECTED);
      // Named by its number: its text may have come from a variable or a file.
      const wrong = entries.findIndex((entry) => !isEntry(entry));
      if (wrong < 0) return entries;
      return new Refused(
        entries[wrong]!.includes("/")
          ? `as entry ${
            wrong + 1
          } a range of addresses such as 10.0.0.0/8 or fd00::/8: an address, ` +
            "a slash and the number of bits that count (at most 32, or 128 for IPv6)"
          : EXPECTED,
      );
    },
  );
}

function isEntry(entry: string): boolean {
  if (entry.includes("/")) return addressRange(entry) !== undefined;
  return /^[^\s@]+$/.test(entry);
}
