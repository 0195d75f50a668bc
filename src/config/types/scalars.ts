import { addressRange } from "../../base/ip_address.ts";
import { Secret } from "../../base/secret.ts";
import { isSecretText, secretExpected } from "../reloadable_secret.ts";
import { Refused, type Scalar, scalar } from "../schema/declare.ts";
import { holdsText, showHosts, showPathName } from "../shown.ts";

/** A switch: `true` or `false` only, as YAML readers disagree about `yes` and `on`. */
export function flag(): Scalar<boolean> {
  const expected = "true or false";
  return scalar({ kind: expected, expected, json: { type: "boolean" } }, (text) => {
    if (text === "true") return true;
    return text === "false" ? false : new Refused(expected);
  });
}

/** One of a few words. */
export function choice<const T extends string>(...words: readonly T[]): Scalar<T> {
  const expected = `one of: ${words.join(", ")}`;
  return scalar({ kind: words.join(", "), expected, json: { enum: words } }, (text) => {
    return words.find((word) => word === text) ?? new Refused(expected);
  });
}

/** Whether and how requests are compressed. */
export function compression(): Scalar<boolean | "zlib"> {
  const expected = "true, zlib or false";
  const json = { enum: [true, "zlib", false] };
  return scalar<boolean | "zlib">({ kind: expected, expected, json }, (text) => {
    if (text === "zlib") return text;
    if (text === "true") return true;
    return text === "false" ? false : new Refused(expected);
  });
}

/** A whole number between its bounds, in plain decimal digits. */
export function wholeNumber(
  { min, max }: { readonly min: number; readonly max: number },
): Scalar<number> {
  const expected = `a whole number from ${min} to ${max}`;
  const json = { type: "integer", minimum: min, maximum: max };
  return scalar({ kind: "whole number", expected, json }, (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    return value >= min && value <= max ? value : new Refused(expected);
  });
}

const MAX_WORKERS = 256;

/** A number of workers, or `auto` for as many as are useful. */
export function workerNumber(): Scalar<"auto" | number> {
  const expected = `auto, or a whole number from 0 to ${MAX_WORKERS}`;
  const json = {
    anyOf: [{ enum: ["auto"] }, { type: "integer", minimum: 0, maximum: MAX_WORKERS }],
  };
  return scalar<"auto" | number>({ kind: "auto or whole number", expected, json }, (text) => {
    if (text === "auto") return "auto";
    const value = /^\d{1,3}$/.test(text) ? Number(text) : NaN;
    return value <= MAX_WORKERS ? value : new Refused(expected);
  });
}

/** What a text may be. */
export interface TextRules {
  /** What it is, to follow "expected": `a project name`. */
  readonly what: string;
  /** What the whole text must match. */
  readonly pattern?: RegExp;
  /** Longest text, in UTF-16 units. Default 1,024. */
  readonly maxLength?: number;
  /** Line breaks and tabs are allowed, and blanks around the text are removed. */
  readonly multiline?: boolean;
}

/** Text that is not empty and has no control characters. */
export function textValue(
  { what, pattern, maxLength = 1_024, multiline = false }: TextRules,
): Scalar<string> {
  const expected = pattern ? what : `${what}: 1 to ${maxLength} characters, no control characters`;
  const json = { type: "string", minLength: 1, ...(pattern ? { pattern: pattern.source } : {}) };
  return scalar({ kind: "text", expected, json }, (text) => {
    const value = multiline ? text.trim() : text;
    const checked = multiline ? value.replaceAll(/[\t\r\n]/g, " ") : value;
    const valid = value !== "" && value.length <= maxLength && value.isWellFormed() &&
      !/\p{Cc}/u.test(checked) && (pattern?.test(value) ?? true);
    return valid ? value : new Refused(expected);
  });
}

/**
 * The path of a file or folder; relative ones start at the working folder. Nothing is opened here. A comma is refused:
 * Deno splits its lists of paths at commas and would allow other paths than the one given.
 */
export function filePath(what: "file" | "folder"): Scalar<string> {
  const expected = `the path of a ${what}: 1 to 4096 characters, no control characters, no comma`;
  const json = { type: "string", minLength: 1 };
  return scalar({ kind: what, expected, json, show: showPathName }, (text) => {
    if (holdsText(text)) return new Refused(`the path of a ${what}, not its content`);
    const valid = /^[^\p{Cc},]{1,4096}$/u.test(text) && text.isWellFormed() &&
      (what === "folder" || !text.endsWith("/"));
    return valid ? text : new Refused(expected);
  });
}

/** A certificate's SHA-256 fingerprint, as `openssl x509 -fingerprint -sha256` prints it; lower case, no colons. */
export function fingerprint(): Scalar<string> {
  const expected = "a SHA-256 fingerprint: 64 hex digits, with or without a colon after each two";
  return scalar({ kind: "fingerprint", expected, json: { type: "string" } }, (text) => {
    const valid = /^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i.test(text);
    return valid ? text.replaceAll(":", "").toLowerCase() : new Refused(expected);
  });
}

/**
 * A key, token or password that travels in an HTTP header, so visible ASCII only. Never shown.
 * @param what It is, to follow "expected": `an HEC token`.
 */
export function secretText(what: string): Scalar<Secret> {
  const expected = secretExpected(what);
  const json = { type: "string" };
  return scalar({ kind: "secret", expected, json, secrecy: "secret" }, (text) => {
    return isSecretText(text) ? new Secret(text) : new Refused(expected);
  });
}

/** An access key id: half of a credential, so not shown either. */
export function accessKeyId(): Scalar<Secret> {
  const pattern = /^[\w.-]{1,128}$/;
  const expected = "an access key id: letters, digits and . _ -";
  const json = { type: "string", minLength: 1, pattern: pattern.source };
  return scalar({ kind: "text", expected, json, secrecy: "hidden" }, (text) => {
    return pattern.test(text) ? new Secret(text) : new Refused(expected);
  });
}

const MAX_HOSTS_LENGTH = 10_000;
const HOSTS_EXPECTED =
  "hosts, domains, addresses or ranges of addresses with commas between them, " +
  "such as localhost,.corp.example.com,10.0.0.7:8088,10.0.0.0/8,fd00::/8";

/** Hosts as in `NO_PROXY`; lower case. */
export function hostList(): Scalar<readonly string[]> {
  const notes = {
    kind: "hosts",
    expected: HOSTS_EXPECTED,
    json: { type: "string" },
    show: showHosts,
  };
  return scalar<readonly string[]>(notes, (text) => {
    const entries = text.toLowerCase().split(",").map((entry) => entry.trim())
      .filter((entry) => entry !== "");
    if (text.length > MAX_HOSTS_LENGTH) return new Refused(HOSTS_EXPECTED);
    const wrong = entries.findIndex((entry) => !isHostEntry(entry));
    if (wrong < 0) return entries;
    if (!entries[wrong]!.includes("/")) return new Refused(HOSTS_EXPECTED);
    // Reported by its number: its text may come from a variable or a file.
    return new Refused(
      `as entry ${wrong + 1} a range of addresses such as 10.0.0.0/8 or fd00::/8: an address, ` +
        "a slash and the number of bits that count (at most 32, or 128 for IPv6)",
    );
  });
}

function isHostEntry(entry: string): boolean {
  if (entry.includes("/")) return addressRange(entry) !== undefined;
  return /^[^\s@]+$/.test(entry);
}
