import type { z } from "zod";
import { Secret } from "../base/secret.ts";
import { Refused, scalar } from "./scalar.ts";

/** What an HTTP header can carry. */
const VISIBLE = /^[\x21-\x7e]{1,16384}$/;

/** What a secret text must be, for messages. @param what Names it. */
export function secretExpected(what: string): string {
  return `${what}: visible ASCII characters without blanks or line breaks`;
}

/** Whether a text can be a secret. */
export function isSecretText(text: string): boolean {
  return VISIBLE.test(text);
}

/** A key, token or password that travels in an HTTP header, so visible ASCII only. Never shown. */
export function secretText(what: string): z.ZodType<Secret, string> {
  const expected = secretExpected(what);
  return scalar({ kind: "secret", expected, json: { type: "string" }, secret: true }, (text) => {
    return isSecretText(text) ? new Secret(text) : new Refused(expected);
  });
}
