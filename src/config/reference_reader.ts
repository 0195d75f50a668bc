import { describeError } from "../base/errors.ts";
import type { ConfigSource } from "./config_source.ts";
import { COMMA_FOUND } from "../base/usable_path.ts";
import { shortText } from "./option_path.ts";
import { splitReferences, type TextPart } from "./references.ts";
import { mayBeUnknown, type Purpose, UNKNOWN } from "./purpose.ts";
import type { Lookup } from "./settings.ts";
import { LEFT_OUT, showReference } from "./shown_value.ts";

/** Text after its references were replaced, or what is wrong with them. */
export type Expanded =
  | {
    readonly ok: true;
    readonly text: string;
    readonly references: readonly string[];
    /** What the text was made of: with it, it can be made again when a file has changed. */
    readonly parts: readonly TextPart[];
  }
  | { readonly ok: false; readonly problems: readonly ReferenceProblem[] };

/** What is wrong with one reference: what was found, and what is expected. */
export interface ReferenceProblem {
  readonly found: string;
  readonly expected: string;
}

type Found = { readonly text: string } | { readonly wrong: string };

/** All the text that references may bring in, over the whole configuration, in UTF-16 units. */
const MOST_TEXT = 1_000_000;

/** Looks up variables and files, each once, and writes down who asked. */
export class ReferenceReader {
  readonly #source: ConfigSource;
  readonly #lookups: Lookup[];
  readonly #unknown: string[];
  readonly #purpose: Purpose;
  readonly #known = new Map<string, Found>();
  #textLeft = MOST_TEXT;

  /**
   * @param lookups Gets an entry for every look-up, also for those that find nothing.
   * @param unknown Gets an entry for every secret that is not found and need not be.
   */
  constructor(source: ConfigSource, lookups: Lookup[], unknown: string[], purpose: Purpose) {
    this.#source = source;
    this.#lookups = lookups;
    this.#unknown = unknown;
    this.#purpose = purpose;
  }

  /** Replaces each `${env:NAME}` and `${file:PATH}`. What comes in is not looked at again. */
  expand(text: string, path: string): Expanded {
    return this.#expand(text, path, false);
  }

  /** @param isName Whether the text is the name of a file, which comes into the grant. */
  #expand(text: string, path: string, isName: boolean): Expanded {
    if (!text.includes("${")) return { ok: true, text, references: [], parts: [text] };
    const pieces = splitReferences(text);
    if (!pieces) {
      const expected =
        "${env:NAME} or ${file:PATH}, each closed; $${ stands for the two characters themselves";
      return { ok: false, problems: [{ found: "${ that begins no reference", expected }] };
    }
    let expanded = "";
    const references: string[] = [];
    const parts: TextPart[] = [];
    const problems: ReferenceProblem[] = [];
    for (const [at, piece] of pieces.entries()) {
      if (typeof piece === "string") {
        expanded += piece;
        parts.push(piece);
        continue;
      }
      const { kind } = piece;
      let { name } = piece;
      if (kind === "file") {
        const named = this.#expand(name, path, true); // variables alone stand in it
        if (!named.ok) {
          problems.push(...named.problems);
          continue;
        }
        name = named.text;
        if (name.includes(",")) { // and it comes into no grant
          const found = `${shortText(`\${file:${name}}`)}, ${COMMA_FOUND}`;
          problems.push({ found, expected: "a path without a comma" });
          continue;
        }
      }
      const found = kind === "env" ? this.#variable(name, path) : this.#file(name, path);
      const reference = shortText(showReference(kind, name));
      if ("wrong" in found) {
        const after = pieces.slice(at + 1).filter((piece) => typeof piece === "string").join("");
        if (!isName && mayBeUnknown(this.#purpose, path, after)) {
          this.#unknown.push(`${reference} (${path})`);
          expanded += UNKNOWN;
          parts.push(UNKNOWN);
          continue;
        }
        const expected = kind === "env"
          ? "a variable that is set and not empty"
          : "a readable text";
        // What is left out of the reference may stand in the reason, too.
        const why = reference.includes(name) ? found.wrong : found.wrong.replaceAll(name, LEFT_OUT);
        problems.push({ found: `${reference}, ${why}`, expected });
        continue;
      }
      this.#textLeft -= found.text.length;
      if (this.#textLeft < 0) {
        const expected = `at most ${MOST_TEXT} characters from all references together`;
        problems.push({ found: `${reference} beyond the limit`, expected });
        break;
      }
      expanded += found.text;
      references.push(reference);
      parts.push(kind === "env" ? found.text : { file: name });
    }
    if (problems.length > 0) return { ok: false, problems };
    return { ok: true, text: expanded, references, parts };
  }

  /** The value of an option's own variable; undefined when it is not set or empty. */
  variable(name: string, path: string): { value: string | undefined } | { wrong: string } {
    const found = this.#variable(name, path);
    if ("text" in found) return { value: found.text };
    return found.wrong === NOT_SET ? { value: undefined } : found;
  }

  #variable(name: string, path: string): Found {
    return this.#find("env", name, path, () => {
      const value = this.#source.env(name);
      return value ? { text: value } : { wrong: NOT_SET };
    });
  }

  #file(name: string, path: string): Found {
    return this.#find("file", name, path, () => {
      return { text: withoutNewline(this.#source.readFile(name)) };
    });
  }

  #find(kind: Lookup["kind"], name: string, path: string, read: () => Found): Found {
    this.#lookups.push({ kind, name, path });
    const key = `${kind}:${name}`;
    let found = this.#known.get(key);
    if (!found) {
      try {
        found = read();
      } catch (error) { // becomes a problem with its place
        found = { wrong: `which cannot be read: ${describeError(error)}` };
      }
      this.#known.set(key, found);
    }
    return found;
  }
}

/** Text files end with a newline, values do not. */
export function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, "");
}

const NOT_SET = "which is not set or empty";
