import type { z } from "zod";
import { Refused, scalar } from "./scalar.ts";

/** What a text may be. */
export interface TextRules {
  /** What it is, to follow "expected": `a project name`. */
  readonly what: string;
  /** What the whole text must match. */
  readonly pattern?: RegExp;
  /** Longest text, in UTF-16 units. Default 1,024. */
  readonly maxLength?: number;
  /** Line breaks and tabs are fine, and blanks around it are cut. */
  readonly multiline?: boolean;
  /** Not shown in reports, since it is half of a credential. */
  readonly hidden?: boolean;
}

/** Text that is not empty and has no control characters. */
export function textValue(rules: TextRules): z.ZodType<string, string> {
  const { what, pattern, maxLength = 1_024, multiline = false, hidden = false } = rules;
  const expected = pattern ? what : `${what}: 1 to ${maxLength} characters, no control characters`;
  const json = { type: "string", minLength: 1, ...(pattern ? { pattern: pattern.source } : {}) };
  return scalar({ kind: "text", expected, json, secret: hidden }, (text) => {
    const value = multiline ? text.trim() : text;
    const checked = multiline ? value.replaceAll(/[\t\r\n]/g, " ") : value;
    const right = value !== "" && value.length <= maxLength && value.isWellFormed() &&
      !/\p{Cc}/u.test(checked) && (pattern?.test(value) ?? true);
    return right ? value : new Refused(expected);
  });
}
