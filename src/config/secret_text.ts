import type { z } from "zod";
import { Secret } from "../base/secret.ts";
import { Refused, scalar } from "./scalar.ts";

/** A key, token or password that travels in an HTTP header, so visible ASCII only. Never shown. */
export function secretText(what: string): z.ZodType<Secret, string> {
  const expected = `${what}: visible ASCII characters without blanks or line breaks`;
  return scalar({ kind: "secret", expected, json: { type: "string" }, secret: true }, (text) => {
    return /^[\x21-\x7e]{1,16384}$/.test(text) ? new Secret(text) : new Refused(expected);
  });
}
