import { type Document, Lexer, LineCounter, parseDocument, type YAMLError } from "yaml";
import type { Place, Problem } from "../problems.ts";

/** Limits of the text, so that none keeps the parser busy for long. */
const MAX_CHARACTERS = 1_000_000;
const MAX_TOKENS = 100_000;

/** Messages by the parser's codes. Its own messages quote the text, which may be a secret with missing quotes. */
const MEANINGS: Readonly<Record<string, readonly [found: string, expected: string]>> = {
  BAD_DIRECTIVE: ["an unknown % directive", "no directive"],
  BAD_DQ_ESCAPE: ["an unknown escape in double quotes", `single quotes, or \\\\ for a backslash`],
  BAD_INDENT: [
    "wrong indentation, or an unclosed bracket",
    "the keys of a mapping in the same column",
  ],
  BAD_SCALAR_START: ["text that begins with a character special to YAML", "quotes around it"],
  BLOCK_AS_IMPLICIT_KEY: [
    "a second key in one line",
    "one key per line; quotes around text with ': '",
  ],
  KEY_OVER_1024_CHARS: ["a key of more than 1024 characters", "a shorter key"],
  MISSING_CHAR: [
    "something unclosed, or a missing colon",
    "a closing quote, bracket or ':'",
  ],
  MULTILINE_IMPLICIT_KEY: ["a key over several lines", "each key on one line, followed by ':'"],
  MULTIPLE_DOCS: ["a second document", "one document"],
  RESOURCE_EXHAUSTION: ["lists or mappings nested too deeply", "a few levels at most"],
  TAB_AS_INDENT: ["a tab in the indentation", "spaces"],
  TAG_RESOLVE_FAILED: ["a tag, or text that begins with '!'", "quotes around the text"],
  UNEXPECTED_TOKEN: [
    "unexpected text",
    "a closing bracket or quotes before it",
  ],
};
const OTHER = [
  "text that is not YAML",
  "YAML; quotes around text with special characters",
] as const;

/** Limit of reported syntax problems. */
const MAX_PROBLEMS = 20;

/** After one of these errors the parser no longer knows the structure: further errors are consequences. */
const BREAKS_STRUCTURE = new Set(["BAD_INDENT", "MISSING_CHAR", "UNEXPECTED_TOKEN"]);

/** A parsed text, or why it is not YAML. */
export type YamlDocument =
  | {
    readonly ok: true;
    readonly contents: Document["contents"];
    /** The place of a character, by its offset in the text. */
    placeAt(offset: number): Place;
  }
  | { readonly ok: false; readonly problems: Problem[] };

/**
 * Parses one YAML document in which every value stays text.
 * @param file Its name, for reports.
 */
export function parseYaml(text: string, file: string): YamlDocument {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { kind: "file", file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const refuse = (found: string, expected: string, place = placeAt(0)): YamlDocument => {
    return { ok: false, problems: [{ place, path: "", found, expected }] };
  };
  if (text.length > MAX_CHARACTERS) {
    return refuse("a longer file", `at most ${MAX_CHARACTERS} characters`);
  }
  if (hasTooManyTokens(text)) {
    return refuse("a larger document", `at most ${MAX_TOKENS} YAML tokens`);
  }
  const document = parseDocument(text, {
    schema: "failsafe",
    uniqueKeys: false, // quadratic; the tree reader finds repeated keys itself
    prettyErrors: false,
    lineCounter: lines,
  });
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length === 0) return { ok: true, contents: document.contents, placeAt };
  // For an unclosed quote the parser reports the end of the text, for a reference each of its parts.
  const quote = unclosedQuote(text);
  const known = quote === undefined
    ? bareReferences(text).map((at) => ({ at, meaning: BARE_REFERENCE }))
    : [{ at: quote, meaning: UNCLOSED_QUOTE }];
  const first = known[0]?.at ?? Infinity;
  return {
    ok: false,
    problems: [
      ...causes(wrong.filter(({ pos }) => pos[0] < first), placeAt),
      ...known.slice(0, MAX_PROBLEMS).map(({ at, meaning: [found, expected] }) => ({
        place: placeAt(at),
        path: "",
        found,
        expected,
      })),
    ],
  };
}

/** The errors that are not consequences of others: one per line, up to the first that breaks the structure. */
function causes(errors: readonly YAMLError[], placeAt: (offset: number) => Place): Problem[] {
  const problems = new Map<string, Problem>();
  for (const error of errors.slice(0, MAX_PROBLEMS)) {
    const problem = syntaxProblem(error, placeAt);
    const line = "line" in problem.place ? `${problem.place.line}` : "";
    if (!problems.has(line)) problems.set(line, problem);
    if (BREAKS_STRUCTURE.has(error.code)) break;
  }
  return [...problems.values()];
}

function syntaxProblem(error: YAMLError, placeAt: (offset: number) => Place): Problem {
  const [found, expected] = MEANINGS[error.code] ?? OTHER;
  return { place: placeAt(error.pos[0]), path: "", found, expected };
}

const UNCLOSED_QUOTE = [
  "an unclosed quote",
  "the same quote at the end of the text",
] as const;
const BARE_REFERENCE = [
  "a reference without quotes between brackets, where YAML reads its { as a mapping",
  'quotes around it, such as "${env:NAME}" or "${topic}"',
] as const;

/** Tokens without text: document, scalar, error in a flow. */
const MARKS = new Set(["\x02", "\x1f", "\x18"]);

/** The offset of the first quote that is not closed, or closed only by a later one; undefined without one. */
function unclosedQuote(text: string): number | undefined {
  let offset = 0;
  let quotedAt: number | undefined; // of the token before, if that is quoted
  for (const token of new Lexer().lex(text)) {
    if (MARKS.has(token)) continue;
    if (quotedAt !== undefined && !/^[\s,\]}:#]/.test(token)) return quotedAt;
    quotedAt = /^["']/.test(token) ? offset : undefined;
    if (quotedAt !== undefined && (!CLOSED_QUOTE.test(token) || CLOSED_BY_NEXT.test(token))) {
      return quotedAt;
    }
    offset += token.length;
  }
  return undefined;
}

/** The offset of each `${…}` without quotes in a flow mapping or list. */
function bareReferences(text: string): number[] {
  const found: number[] = [];
  let offset = 0;
  let endsInDollar = false;
  for (const token of new Lexer().lex(text)) {
    if (MARKS.has(token)) continue;
    if (token === "{" && endsInDollar) found.push(offset - 1);
    endsInDollar = token.endsWith("$") && !/^[#"']/.test(token);
    offset += token.length;
  }
  return found;
}

/** Ends with its own quote, not escaped. */
const CLOSED_QUOTE = /^(?:'(?:[^']|'')*'|"(?:[^"\\]|\\[^])*")$/;
/** Continues over the end of a line, up to where the next quoted text would begin. */
const CLOSED_BY_NEXT = /\n[^]*[:,[{-][ \n]*["']$/;

function hasTooManyTokens(text: string): boolean {
  let count = 0;
  for (const _token of new Lexer().lex(text)) {
    if (++count > MAX_TOKENS) return true;
  }
  return false;
}
