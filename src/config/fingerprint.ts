import type { z } from "zod";
import { Refused, scalar } from "./scalar.ts";

const EXPECTED = "a SHA-256 fingerprint: 64 hex digits, with or without a colon after each two";

/** A certificate's SHA-256 fingerprint, as `openssl x509 -fingerprint -sha256` prints it; lower case, no colons. */
export function fingerprint(): z.ZodType<string, string> {
  return scalar({ kind: "fingerprint", expected: EXPECTED, json: { type: "string" } }, (text) => {
    const right = /^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i.test(text);
    return right ? text.replaceAll(":", "").toLowerCase() : new Refused(EXPECTED);
  });
}
