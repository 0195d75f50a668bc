import type { z } from "zod";
import { Secret } from "../base/secret.ts";
import { Refused, scalar } from "./scalar.ts";
import { isSecretText, secretExpected } from "./visible_secret.ts";

/** A key, token or password that travels in an HTTP header, so visible ASCII only. Never shown. */
export function secretText(what: string): z.ZodType<Secret, string> {
  const expected = secretExpected(what);
  return scalar({ kind: "secret", expected, json: { type: "string" }, secret: true }, (text) => {
    return isSecretText(text) ? new Secret(text) : new Refused(expected);
  });
}
