import { isVisibleAscii, kindAndLength } from "../base/invalid_value.ts";
import { liveSecrets } from "../base/redactor.ts";
import { Secret } from "../base/secret.ts";
import type { Credentials } from "./credentials.ts";

type Field = "id" | "secret" | "token" | "expiration";

/** Longest values: they are sent in the headers of every request. The vendor's have 30 to about 1,000 characters. */
const MAX_CHARS = { id: 512, secret: 512, token: 16_384 };
/** The range of expiration times. */
const EXPIRATION_MS = { least: 0, most: Date.UTC(10_000, 0) };

/**
 * Names of the four values, in lower case and without `_` and `-`, as used by the vendor's metadata service and STS
 * (`AccessKeyId`), its tools (`access_key_id`), and Vault (`access_key`, `secret_key`).
 */
const FIELDS: ReadonlyMap<string, Field> = new Map([
  ["accesskeyid", "id"],
  ["accesskey", "id"],
  ["accesskeysecret", "secret"],
  ["secretkey", "secret"],
  ["securitytoken", "token"],
  ["expiration", "expiration"],
]);
/** Objects in which STS (`AssumeRole`) and Vault put the values. */
const WRAPPERS = ["Credentials", "data"];

const EXPECTED =
  "a JSON object with AccessKeyId, AccessKeySecret and, for temporary credentials, " +
  "SecurityToken and Expiration";

/**
 * Reads credentials as JSON, as sidecars and the metadata service write them.
 * @throws {Error} whose message says what was found and expected, never a value.
 */
export function parseCredentials(text: string): Credentials {
  const fields = fieldsOf(objectIn(text));
  const accessKeyId = textOf(fields, "id", "AccessKeyId");
  liveSecrets.add(accessKeyId); // part of the credentials: it is not shown either
  const accessKeySecret = textOf(fields, "secret", "AccessKeySecret");
  const securityToken = fields.get("token") ? textOf(fields, "token", "SecurityToken") : undefined;
  return {
    accessKeyId,
    accessKeySecret: new Secret(accessKeySecret),
    securityToken: securityToken === undefined ? undefined : new Secret(securityToken),
    expiresAtMs: fields.get("expiration") ? expirationOf(fields.get("expiration")) : undefined,
  };
}

function objectIn(text: string): Record<string, unknown> {
  if (text.trim() === "") throw unexpected("nothing: it is empty");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch { // its message quotes the text
    throw unexpected(`${text.length} characters that are not valid JSON`);
  }
  if (!isObject(json)) throw unexpected(`JSON that is not an object`);
  if (json.Code !== undefined && json.Code !== "Success") {
    throw unexpected(`"Code" other than "Success"`);
  }
  const wrapped = WRAPPERS.map((name) => json[name]).find(isObject);
  return wrapped ?? json;
}

function fieldsOf(object: Record<string, unknown>): Map<Field, unknown> {
  const found = new Map<Field, unknown>();
  for (const [name, value] of Object.entries(object)) {
    const field = FIELDS.get(name.toLowerCase().replaceAll(/[_-]/g, ""));
    if (!field) continue;
    if (found.has(field)) throw unexpected(`two spellings of ${JSON.stringify(name)}`);
    found.set(field, value);
  }
  return found;
}

/** A value for an HTTP header. */
function textOf(
  fields: ReadonlyMap<Field, unknown>,
  field: keyof typeof MAX_CHARS,
  name: string,
): string {
  const value = fields.get(field);
  if (value === undefined || value === null || value === "") throw unexpected(`no ${name}`);
  if (isVisibleAscii(value, MAX_CHARS[field])) return value;
  throw unexpected(
    `an ${name} ${kindAndLength(value)}, which is not text of at most ${
      MAX_CHARS[field]
    } visible ` +
      "ASCII characters",
  );
}

function expirationOf(value: unknown): number {
  const zoned = typeof value === "string" && /\d(Z|[+-]\d\d:?\d\d)$/i.test(value);
  const ms = zoned ? Date.parse(value) : NaN;
  if (!(ms >= EXPIRATION_MS.least && ms <= EXPIRATION_MS.most)) {
    throw unexpected("an Expiration that is not a time such as 2026-10-06T08:30:00Z");
  }
  return ms;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unexpected(found: string): Error {
  return new Error(`found ${found}; expected ${EXPECTED}`);
}
