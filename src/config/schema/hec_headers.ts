import { z } from "zod";
import { Secret } from "../../base/secret.ts";
import { Refused, type Scalar, scalar, typeNotes } from "./declare.ts";

const MAX_HEADERS = 20;
const HEADERS =
  'a mapping of header names to values, such as {X-Api-Key: "${file:/run/secrets/key}"}';
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]{0,4094}[\x21-\x7e])?$/;

/**
 * Headers that the program, HEC or the connection decides: with another value the token would not arrive, the body
 * would be read wrongly, answers would come in another coding, or acknowledgements of other channels.
 */
const OWNED = [
  "accept-encoding",
  "authorization",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "cookie",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "x-splunk-request-channel",
];

/** What is wrong with the name of a header; undefined for nothing. */
function wrongName(name: string, others: readonly string[]): string | undefined {
  if (!NAME.test(name)) {
    return "a header name: 1 to 64 letters, digits and characters such as - and _, no spaces";
  }
  const lower = name.toLowerCase();
  if (OWNED.includes(lower) || lower.startsWith("proxy-")) {
    return "another header: HEC, HTTP or the program itself decides this one";
  }
  return others.includes(lower) ? "each header once, whatever the case of its letters" : undefined;
}

function headerValue(): Scalar<Secret> {
  const expected = "a header's value: 1 to 4096 visible ASCII characters, spaces only between them";
  const notes = { kind: "secret", expected, json: { type: "string" }, secrecy: "secret" } as const;
  return scalar(notes, (text) => VALUE.test(text) ? new Secret(text) : new Refused(expected));
}

/** Headers of requests, by name. */
export const hecHeaders: z.ZodRecord<z.ZodString, z.ZodType<Secret, string>> = z.record(
  z.string(),
  headerValue() as z.ZodType<Secret, string>,
  {
    error: HEADERS,
  },
).superRefine((headers, context) => {
  const refuse = (message: string, path: string[] = []) => {
    context.addIssue({ code: "custom", message, path });
  };
  const names = Object.keys(headers);
  if (names.length > MAX_HEADERS) refuse(`at most ${MAX_HEADERS} headers`);
  const before: string[] = [];
  for (const name of names) {
    const expected = wrongName(name, before);
    if (expected !== undefined) refuse(expected, [name]);
    before.push(name.toLowerCase());
  }
});
typeNotes.set(hecHeaders, { kind: "values by header", expected: HEADERS, freeKeys: true });
