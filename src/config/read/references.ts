import { describeError } from "../../base/errors.ts";
import { COMMA_FOUND } from "../../base/usable_path.ts";
import { typeNotes } from "../schema/declare.ts";
import { secrecyAt, typeAt } from "../schema/walk.ts";
import {
  formatPath,
  isPlainName,
  LEFT_OUT,
  type OptionPath,
  shortText,
  showReference,
} from "../shown.ts";
import { suggestKey } from "../suggest_key.ts";
import { asPlainText, isTemplateName, TEMPLATE_LIST, TEMPLATE_NAMES } from "../types/templates.ts";
import { type TextPart, withoutNewline } from "../reloadable_secret.ts";
import type { Lookup, RawConfig } from "./raw_config.ts";
import type { ConfigSource } from "./source.ts";

/** Stands for a secret that is not on this machine. */
export const UNKNOWN = "not-known-on-this-machine";

/** Text after its references were replaced, or what is wrong with them. */
export type Expanded =
  | {
    readonly ok: true;
    readonly text: string;
    readonly references: readonly string[];
    /** What the text is made of, to make it again when a file has changed. */
    readonly parts: readonly TextPart[];
  }
  | { readonly ok: false; readonly problems: readonly ReferenceProblem[] };

/** What is wrong with one reference. */
export interface ReferenceProblem {
  /** The reference, and why it cannot be replaced. */
  readonly found: string;
  /** What may be there. */
  readonly expected: string;
}

type Found = { readonly text: string } | { readonly wrong: string };

/** Limit of the text that references add to the whole configuration, in UTF-16 units. */
const MAX_TEXT = 1_000_000;

const NOT_SET = "which is not set or empty";

/** Reads variables and files, and records in the raw configuration which option needs them. */
export class ReferenceReader {
  readonly #source: ConfigSource;
  readonly #raw: RawConfig;
  readonly #unknownAllowed: boolean;
  #textLeft = MAX_TEXT;

  /**
   * Reads for one configuration.
   * @param source What it reads from.
   * @param raw Gets the look-ups and the missing secrets.
   * @param unknownAllowed Whether secrets may be missing: `UNKNOWN` then stands for them.
   */
  constructor(source: ConfigSource, raw: RawConfig, unknownAllowed: boolean) {
    this.#source = source;
    this.#raw = raw;
    this.#unknownAllowed = unknownAllowed;
  }

  /** Replaces each `${env:NAME}` and `${file:PATH}`. References in the text that they bring in stay as they are. */
  expand(text: string, path: OptionPath): Expanded {
    return this.#expand(text, path, false);
  }

  /** Reads the variable of an option; undefined when it is not set or empty. */
  variable(name: string, path: OptionPath): { value: string | undefined } | { wrong: string } {
    const found = this.#find("env", name, path);
    if ("text" in found) {
      return { value: isTemplateAt(path) ? asPlainText(found.text) : found.text };
    }
    return found.wrong === NOT_SET ? { value: undefined } : found;
  }

  /**
   * @param isFileName Whether the text is the name of a file: it becomes part of the grant, so it must be known.
   */
  #expand(text: string, path: OptionPath, isFileName: boolean): Expanded {
    const mayBeTemplate = !isFileName && isTemplateAt(path);
    const plain = (text: string) => mayBeTemplate ? asPlainText(text) : text;
    if (!text.includes("${")) {
      return { ok: true, text: plain(text), references: [], parts: [text] };
    }
    const pieces = splitReferences(text, mayBeTemplate);
    if ("wrongAt" in pieces) {
      return { ok: false, problems: [wrongReference(text.slice(pieces.wrongAt), path)] };
    }
    let expanded = "";
    const references: string[] = [];
    const parts: TextPart[] = [];
    const problems: ReferenceProblem[] = [];
    for (const [at, piece] of pieces.entries()) {
      if (typeof piece === "string") {
        expanded += plain(piece);
        parts.push(piece);
        continue;
      }
      if (piece.kind === "template") {
        expanded += `\${${piece.name}}`;
        continue;
      }
      const after = pieces.slice(at + 1).filter((piece) => typeof piece === "string").join("");
      const read = this.#read(piece, path, !isFileName && this.#mayBeUnknown(path, after));
      if ("problems" in read) {
        problems.push(...read.problems);
        continue;
      }
      this.#textLeft -= read.text.length;
      if (this.#textLeft < 0) {
        const expected = `at most ${MAX_TEXT} characters from all references together`;
        problems.push({ found: `${read.reference} beyond the limit`, expected });
        break;
      }
      expanded += plain(read.text);
      parts.push(read.part);
      if (read.reference !== undefined) references.push(read.reference);
    }
    if (problems.length > 0) return { ok: false, problems };
    return { ok: true, text: expanded, references, parts };
  }

  /** Reads one reference; without `reference`, a placeholder for a secret that is not known. */
  #read(
    { kind, name: written }: Reference,
    path: OptionPath,
    mayBeUnknown: boolean,
  ):
    | { readonly text: string; readonly part: TextPart; readonly reference?: string }
    | { readonly problems: readonly ReferenceProblem[] } {
    let name = written;
    if (kind === "file") {
      const named = this.#expand(written, path, true); // it can contain variables only
      if (!named.ok) return named;
      name = named.text;
      if (name.includes(",")) { // and it must not become part of a grant
        const found = `${shortText(`\${file:${name}}`)}, ${COMMA_FOUND}`;
        return { problems: [{ found, expected: "a path without a comma" }] };
      }
    }
    const found = this.#find(kind, name, path);
    const reference = shortText(showReference(kind, name));
    if ("text" in found) {
      const part = kind === "env" ? found.text : { file: name };
      return { text: found.text, part, reference };
    }
    if (mayBeUnknown) {
      this.#raw.unknown.push(`${reference} (${formatPath(path)})`);
      return { text: UNKNOWN, part: UNKNOWN };
    }
    const expected = kind === "env"
      ? "a variable that is set and not empty"
      : "a readable text file";
    // What the reference leaves out may be quoted in the reason, too.
    const why = reference.includes(name) ? found.wrong : found.wrong.replaceAll(name, LEFT_OUT);
    return { problems: [{ found: `${reference}, ${why}`, expected }] };
  }

  #find(kind: Lookup["kind"], name: string, option: OptionPath): Found {
    this.#raw.lookups.push({ kind, name, option });
    try {
      if (kind === "file") return { text: withoutNewline(this.#source.readFile(name)) };
      const value = this.#source.env(name);
      return value ? { text: value } : { wrong: NOT_SET };
    } catch (error) { // becomes a problem with its place
      return { wrong: `which cannot be read: ${describeError(error)}` };
    }
  }

  /**
   * @param after Text of the option behind the reference.
   */
  #mayBeUnknown(path: OptionPath, after: string): boolean {
    if (!this.#unknownAllowed) return false;
    const secrecy = secrecyAt(path);
    return secrecy === "login" ? after.includes("@") : secrecy !== undefined;
  }
}

/** A reference in a text. The path of a file may contain `${env:NAME}` itself. */
export interface Reference {
  /** What it refers to. */
  readonly kind: "env" | "file";
  /** Of the variable, or the path of the file. */
  readonly name: string;
}

/** Part of a template, which is replaced when events are made. */
export interface TemplateReference {
  /** Tells it from the others. */
  readonly kind: "template";
  /** What is written between `${` and `}`. */
  readonly name: string;
}

function isTemplateAt(path: OptionPath): boolean {
  const type = typeAt(path);
  return type !== undefined && typeNotes.get(type)?.isTemplate === true;
}

const REFERENCES = "${env:NAME} or ${file:PATH}; $${ for the two characters themselves";
const ANY_NAME = /^\$\{([^{}]{0,150})\}/;

/** What is wrong with a text that begins with `${`. */
function wrongReference(text: string, path: OptionPath): ReferenceProblem {
  const name = ANY_NAME.exec(text)?.[1];
  if (isTemplateAt(path)) {
    const shown = name !== undefined && isPlainName(name) ? shortText(`\${${name}}`) : undefined;
    const near = suggestKey(name ?? "", TEMPLATE_NAMES);
    const nearest = near === undefined ? "" : `\${${near}} (the nearest), or another of `;
    return {
      found: shown ? `${shown}, which is unknown` : "an unterminated or unknown ${...} reference",
      expected: `${nearest}${TEMPLATE_LIST}, ${REFERENCES}`,
    };
  }
  const found = "an unterminated or unknown ${...} reference";
  if (name === undefined || !isTemplateName(name)) return { found, expected: REFERENCES };
  const instead = path.at(-1) === "sourcetype"
    ? "a sourcetype is the same for all, except that a route can set another"
    : "parts that differ by log group are for host, source, index and fields of sources";
  return {
    found: `\${${name.split(":")[0]}}, which is not replaced here`,
    expected: `${REFERENCES} (${instead})`,
  };
}

const VARIABLE = "[A-Za-z_][A-Za-z0-9_]*";
const REFERENCE = new RegExp(
  `\\$\\{(?:env:(${VARIABLE})|file:((?:[^{}\\p{Cc}]|\\$\\{env:${VARIABLE}\\})+))\\}`,
  "uy",
);

const ANY_PART = /\$\{([^{}]{0,150})\}/y;

/**
 * Splits text at its references; `$${` becomes the two characters `${`.
 * @param mayBeTemplate Whether parts of a template are references too.
 * @returns the parts, or where a `${` begins no reference.
 */
export function splitReferences(
  text: string,
  mayBeTemplate = false,
): (string | Reference | TemplateReference)[] | { readonly wrongAt: number } {
  const pieces: (string | Reference | TemplateReference)[] = [];
  let plain = "";
  for (let at = 0; at < text.length;) {
    const next = text.indexOf("${", at);
    if (next < 0) {
      plain += text.slice(at);
      break;
    }
    if (next > at && text[next - 1] === "$") {
      plain += `${text.slice(at, next - 1)}\${`;
      at = next + 2;
      continue;
    }
    REFERENCE.lastIndex = next;
    const match = REFERENCE.exec(text);
    ANY_PART.lastIndex = next;
    const part = match || !mayBeTemplate ? null : ANY_PART.exec(text);
    if (!match && !isTemplateName(part?.[1] ?? "")) return { wrongAt: next };
    const [whole = "", variable, file] = match ?? [];
    pieces.push(plain + text.slice(at, next));
    plain = "";
    if (part) pieces.push({ kind: "template", name: part[1] ?? "" });
    else {pieces.push(
        variable ? { kind: "env", name: variable } : { kind: "file", name: file ?? "" },
      );}
    at = next + (part?.[0] ?? whole).length;
  }
  pieces.push(plain);
  return pieces.filter((piece) => piece !== "");
}
