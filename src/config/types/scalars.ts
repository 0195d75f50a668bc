import { Refused, type Scalar, scalar } from "../schema/declare.ts";
import { holdsText, showPathName } from "../shown.ts";

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
