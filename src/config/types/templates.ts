import type { EventTextPart } from "../../core/event_values.ts";
import { Refused, type Scalar, scalar } from "../schema/declare.ts";
import { showValue } from "../shown.ts";

/** Text of events as it is written: the names of project and logstore are put in when a source is built. */
export type TemplatePart =
  | EventTextPart
  | { readonly of: "project" }
  | { readonly of: "logstore" };

/** The parts of a text, in order; `none` leaves the key out. */
export type Template = readonly TemplatePart[] | "none";

/** What may be written between `${` and `}` in a template, beside references. */
export const TEMPLATE_NAMES = ["project", "logstore", "topic", "source", "tag:NAME"] as const;

/** Names for messages: `${project}, ${logstore}, ${topic}, ${source} or ${tag:NAME}`. */
export const TEMPLATE_LIST: string = TEMPLATE_NAMES.map((name) => `\${${name}}`).join(", ")
  .replace(/, ([^,]*)$/, " or $1");

const TAG = "tag:";
const TAG_NAME = /^[^{}\p{Cc}]{1,128}$/u;

/** Whether a name may be written between `${` and `}` in a template. */
export function isTemplateName(name: string): boolean {
  return partOf(name) !== undefined;
}

function partOf(name: string): Exclude<TemplatePart, string> | undefined {
  if (name.startsWith(TAG)) {
    const tag = name.slice(TAG.length);
    return TAG_NAME.test(tag) ? { of: "tag", name: tag } : undefined;
  }
  if (name === "project" || name === "logstore") return { of: name };
  return name === "topic" || name === "source" ? { of: name } : undefined;
}

/**
 * Text that is no template, as the value of an option that may be one. Values of such options are kept as text in which
 * `$$` is a dollar sign and `${topic}` a part of a template: what comes from a variable or a file is never a template.
 */
export function asPlainText(text: string): string {
  return text.replaceAll("$", "$$$$");
}

function partsOf(value: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let plain = "";
  for (const [token, name] of value.matchAll(/\$\{([^{}]*)\}|\$\$|[^$]+|\$/g)) {
    const part = name === undefined ? undefined : partOf(name);
    if (part === undefined) {
      plain += token === "$$" ? "$" : token;
      continue;
    }
    if (plain !== "") parts.push(plain);
    parts.push(part);
    plain = "";
  }
  if (plain !== "") parts.push(plain);
  return parts;
}

/** What a text of events may be. */
export interface TemplateRules {
  /** What it is, to follow "expected": `an index name`. */
  readonly what: string;
  /** Longest text, in UTF-16 units. Default 1,024. */
  readonly maxLength?: number;
  /** `none` may be written, which leaves the key out. */
  readonly mayBeNone?: boolean;
}

/** Text of events that may differ by log group. */
export function template(
  { what, maxLength = 1_024, mayBeNone = false }: TemplateRules,
): Scalar<Template> {
  const none = mayBeNone ? ", or none" : "";
  const expected = `${what}: 1 to ${maxLength} characters, no control characters; it may contain ` +
    `${TEMPLATE_LIST}${none}`;
  const json = { type: "string", minLength: 1 };
  return scalar<Template>({ kind: "text", expected, json, isTemplate: true, show }, (text) => {
    const parts = partsOf(text);
    if (mayBeNone && parts.length === 1 && parts[0] === "none") return "none";
    const plain = parts.map((part) => typeof part === "string" ? part : "x").join("");
    const isValid = plain !== "" && text.length <= 2 * maxLength && plain.length <= maxLength &&
      plain.isWellFormed() && !/\p{Cc}/u.test(plain);
    return isValid ? parts : new Refused(expected);
  });
}

/** As it was written. */
function show(value: string): string | undefined {
  const shown = partsOf(value).map((part) => {
    if (typeof part === "string") return showValue(part);
    if (part.of !== "tag") return `\${${part.of}}`;
    return showValue(part.name) === undefined ? undefined : `\${${TAG}${part.name}}`;
  });
  return shown.includes(undefined) || shown.join("").length > 80 ? undefined : shown.join("");
}

/** Whether a text differs by source or log group. */
export function isTemplate(text: Template | undefined): boolean {
  return text !== undefined && text !== "none" && text.some((part) => typeof part !== "string");
}
