import { addressRange } from "../../base/ip_address.ts";
import { Refused, type Scalar, scalar } from "../schema/declare.ts";
import { showHosts } from "../shown.ts";

const MAX_CHARACTERS = 10_000;
const EXPECTED = "hosts, domains, addresses or ranges of addresses with commas between them, " +
  "such as localhost,.corp.example.com,10.0.0.7:8088,10.0.0.0/8,fd00::/8";

/** Hosts as in `NO_PROXY`; lower case. */
export function hostList(): Scalar<readonly string[]> {
  const notes = { kind: "hosts", expected: EXPECTED, json: { type: "string" }, show: showHosts };
  return scalar<readonly string[]>(notes, (text) => {
    const entries = text.toLowerCase().split(",").map((entry) => entry.trim())
      .filter((entry) => entry !== "");
    if (text.length > MAX_CHARACTERS) return new Refused(EXPECTED);
    const wrong = entries.findIndex((entry) => !isEntry(entry));
    if (wrong < 0) return entries;
    if (!entries[wrong]!.includes("/")) return new Refused(EXPECTED);
    // Reported by its number: its text may come from a variable or a file.
    return new Refused(
      `as entry ${wrong + 1} a range of addresses such as 10.0.0.0/8 or fd00::/8: an address, ` +
        "a slash and the number of bits that count (at most 32, or 128 for IPv6)",
    );
  });
}

function isEntry(entry: string): boolean {
  if (entry.includes("/")) return addressRange(entry) !== undefined;
  return /^[^\s@]+$/.test(entry);
}
