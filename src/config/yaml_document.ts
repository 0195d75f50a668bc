import { type Document, Lexer, LineCounter, parseDocument, type YAMLError } from "yaml";
import type { Place, Problem } from "./problem.ts";

/** Limits of what is parsed, so that no text keeps the parser busy for long. */
const MOST_CHARACTERS = 1_000_000;
const MOST_TOKENS = 100_000;

/**
 * What is wrong, in our words by the parser's code. The parser's own messages quote the text, which
 * may be a secret that somebody forgot to put in quotes.
 */
const MEANINGS: Readonly<Record<string, readonly [found: string, expected: string]>> = {
  BAD_DIRECTIVE: ["a % directive that YAML does not know", "no directive"],
  BAD_DQ_ESCAPE: ["an unknown escape in double quotes", `single quotes, or \\\\ for a backslash`],
  BAD_INDENT: ["wrong indentation or a bracket that is not closed", "keys of one mapping in line"],
  BAD_SCALAR_START: ["text that begins with a character special to YAML", "quotes around it"],
  BLOCK_AS_IMPLICIT_KEY: [
    "a second key in one line",
    "one key a line; quotes around text with ': '",
  ],
  KEY_OVER_1024_CHARS: ["a key of more than 1024 characters", "a shorter key"],
  MISSING_CHAR: [
    "something that is not closed or lacks its colon",
    "a closing quote, bracket or ':'",
  ],
  MULTILINE_IMPLICIT_KEY: ["a key over several lines", "each key on one line, followed by ':'"],
  MULTIPLE_DOCS: ["a second document", "one document"],
  RESOURCE_EXHAUSTION: ["lists or mappings nested too deeply", "a few levels at most"],
  TAB_AS_INDENT: ["a tab in the indentation", "blanks"],
  TAG_RESOLVE_FAILED: ["a tag, or text that begins with '!'", "quotes around the text"],
  UNEXPECTED_TOKEN: [
    "something that does not belong here",
    "a closing bracket or quotes before it",
  ],
};
const OTHER = [
  "text that is not YAML",
  "YAML; quotes around text with special characters",
] as const;

/** Problems of syntax that are reported; what follows the first few is mostly their consequence. */
const MOST_PROBLEMS = 20;

/** A parsed text, or why it is not YAML. */
export type YamlDocument =
  | {
    readonly ok: true;
    readonly contents: Document["contents"];
    /** The place of a character. */
    placeAt(offset: number): Place;
  }
  | { readonly ok: false; readonly problems: Problem[] };

/** Parses one YAML document in which every value stays text. */
export function parseYaml(text: string, file: string): YamlDocument {
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { kind: "file", file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const refuse = (found: string, expected: string, place = placeAt(0)): YamlDocument => {
    return { ok: false, problems: [{ place, path: "", found, expected }] };
  };
  if (text.length > MOST_CHARACTERS) {
    return refuse("a longer file", `at most ${MOST_CHARACTERS} characters`);
  }
  if (hasTooManyTokens(text)) {
    return refuse("a larger document", `at most ${MOST_TOKENS} YAML tokens`);
  }
  const document = parseDocument(text, {
    schema: "failsafe",
    uniqueKeys: false, // compares every key with every other; the tree reader does it with a set
    prettyErrors: false,
    lineCounter: lines,
  });
  const wrong = [...document.errors, ...document.warnings];
  if (wrong.length === 0) return { ok: true, contents: document.contents, placeAt };
  // The parser tells where the text ends, which is where it misses the quote.
  const quote = unclosedQuote(text);
  if (quote !== undefined) {
    const before = wrong.filter(({ pos }) => pos[0] < quote);
    return {
      ok: false,
      problems: [
        ...before.map((error) => syntaxProblem(error, placeAt)),
        { place: placeAt(quote), path: "", found: "a quote that is not closed", expected: CLOSED },
      ],
    };
  }
  return {
    ok: false,
    problems: wrong.slice(0, MOST_PROBLEMS).map((error) => syntaxProblem(error, placeAt)),
  };
}

function syntaxProblem(error: YAMLError, placeAt: (offset: number) => Place): Problem {
  const [found, expected] = MEANINGS[error.code] ?? OTHER;
  return { place: placeAt(error.pos[0]), path: "", found, expected };
}

const CLOSED = "the same quote at the end of the text";

/** Tokens that stand for no text: document, scalar, error in a flow. */
const MARKS = new Set(["\x02", "\x1f", "\x18"]);

/** Where the first quote begins that is not closed, or that only a later one closes; undefined where there is none. */
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

/** Ends with its quote; in double quotes, with one that is not escaped. */
const CLOSED_QUOTE = /^(?:'(?:[^']|'')*'|"(?:[^"\\]|\\[^])*")$/;
/** Goes over a line's end, up to where the next quoted text would begin. */
const CLOSED_BY_NEXT = /\n[^]*[:,[{-][ \n]*["']$/;

function hasTooManyTokens(text: string): boolean {
  let count = 0;
  for (const _token of new Lexer().lex(text)) {
    if (++count > MOST_TOKENS) return true;
  }
  return false;
}
