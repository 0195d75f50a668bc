import { Buffer } from "node:buffer";
import { unescapedBytes, utf8Bytes } from "./unescaped_bytes.ts";

/** Replaces a secret. */
const REDACTED = "[secret]";

/** Shorter secrets are not searched for: they would be found in unrelated texts. */
const MIN_SECRET_BYTES = 8;
/** Secrets that are known at once: those in use, of many sources, and some that were replaced lately. */
const MAX_SECRETS = 512;
/** Shortest start or end of a secret that is found where a text was cut. */
const MIN_PART = 8;
/** Shortest start or end that is found anywhere in a foreign text. */
const MIN_PART_INSIDE = 12;
/** Most marks of cuts that are examined: a text may consist of them. */
const MAX_CUTS = 32;

/** A form of a secret to search for, folded. */
interface Form {
  readonly text: string;
  /** Whether the characters beside it belong to it: in Base64 or hex a secret may be part of a longer text. */
  readonly coded: boolean;
}

/**
 * Removes secrets from texts, such as those of a server that repeats what it was sent. A secret is found in any letter
 * case, in Base64 (also URL-safe, and inside a longer text, as in a login), in hex, percent-encoded, and with the escapes of
 * JSON, JavaScript and HTML, even twice. Of a secret that was cut, 8 characters or more are found next to `…`, `...` and
 * `**`; in a foreign text also at its ends, and 12 or more anywhere.
 */
export class Redactor {
  /** In the order of last use; the forms are made when a text is searched. */
  readonly #known = new Map<string, readonly Form[] | undefined>();

  /** Removes this secret from now on, until 512 others have been used after it. Ignores secrets shorter than 8 bytes. */
  add(secret: string): void {
    if (secret.length < MIN_SECRET_BYTES && utf8Bytes(secret).length < MIN_SECRET_BYTES) return;
    const forms = this.#known.get(secret);
    this.#known.delete(secret);
    this.#known.set(secret, forms);
    if (this.#known.size <= MAX_SECRETS) return;
    const [oldest] = this.#known.keys();
    this.#known.delete(oldest!);
  }

  /** Forgets all secrets, for a process that needs them no longer. */
  clear(): void {
    this.#known.clear();
  }

  /** For `JSON.stringify`: removes secrets from all values. Names of fields are the program's own. */
  readonly replacer = (_name: string, value: unknown): unknown => {
    return typeof value === "string" ? this.redact(value) : value;
  };

  /**
   * Replaces each secret by `[secret]`.
   * @param foreign Whether the text is a server's, which may have cut what it repeats.
   */
  redact(text: string, foreign = false): string {
    if (this.#known.size === 0 || text.length < MIN_PART) return text;
    const { bytes, places } = unescapedBytes(text);
    const folded = fold(bytes);
    const cuts = cutsOf(folded, foreign);
    const found: Range[] = [];
    for (const [secret, known] of this.#known) {
      const forms = known ?? formsOf(secret);
      if (!known) this.#known.set(secret, forms); // keeps its position
      for (const form of forms) {
        findForm(folded, form, cuts, found);
        if (foreign) findParts(folded, form, found);
      }
    }
    if (found.length === 0) return text;
    let result = "";
    let at = 0;
    for (const { start, end } of merged(folded, found)) {
      result += text.slice(at, places ? places.starts[start] : start) + REDACTED;
      at = places ? places.ends[end - 1]! : end;
    }
    return result + text.slice(at);
  }
}

/** The secrets of this isolate. Each `Secret` adds itself. */
export const liveSecrets: Redactor = new Redactor();

/** Makes letter case and the two alphabets of Base64 the same; keeps the length. */
function fold(bytes: string): string {
  return bytes.toLowerCase().replaceAll("-", "+").replaceAll("_", "/");
}

function formsOf(secret: string): Form[] {
  const bytes = utf8Bytes(secret);
  const buffer = Buffer.from(bytes, "latin1");
  const forms = new Map<string, boolean>();
  const add = (text: string, coded: boolean) => {
    if (text.length >= MIN_SECRET_BYTES && !forms.has(fold(text))) forms.set(fold(text), coded);
  };
  for (const text of new Set([secret, secret.toLowerCase(), secret.toUpperCase()])) {
    add(utf8Bytes(text), false);
    add(unescapedBytes(text).bytes, false); // it may contain what looks like an escape
  }
  add(bytes.replaceAll("-", ""), false);
  add(utf8Bytes(bytes), false); // UTF-8 that was read as Latin-1, as headers are
  const hex = buffer.toString("hex");
  add(hex, true);
  for (const between of [" ", ":", "-"]) add(hex.replaceAll(/..(?!$)/g, `$&${between}`), false);
  for (const before of [0, 1, 2]) {
    // Only the characters that depend on the secret alone.
    const base64 = Buffer.concat([Buffer.alloc(before), buffer]).toString("base64url");
    const undecided = (before + buffer.length) % 3 === 0 ? 0 : 1;
    add(base64.slice(before && before + 1, base64.length - undecided), true);
  }
  return [...forms].map(([text, coded]) => ({ text, coded }));
}

/** A secret, or a part of one, in a folded text. */
interface Range {
  readonly start: number;
  readonly end: number;
  /** As of its form. */
  readonly coded: boolean;
}

/** Where a text may have been cut: a part ends at each of `ends`, or starts at each of `starts`. */
interface Cuts {
  readonly ends: readonly number[];
  readonly starts: readonly number[];
}

const ELISION = /…|\.{3,}|\*{2,}|\u00e2\u0080\u00a6/g;

function cutsOf(folded: string, foreign: boolean): Cuts {
  const ends = foreign ? [folded.length] : [];
  const starts = foreign ? [0] : [];
  for (const { 0: mark, index } of folded.matchAll(ELISION)) {
    if (ends.length >= MAX_CUTS) break;
    ends.push(index);
    starts.push(index + mark.length);
  }
  return { ends, starts };
}

function findForm(
  folded: string,
  { text, coded }: Form,
  { ends, starts }: Cuts,
  found: Range[],
): void {
  const add = (start: number, end: number) => found.push({ start, end, coded });
  for (let at = folded.indexOf(text); at >= 0; at = folded.indexOf(text, at + text.length)) {
    add(at, at + text.length);
  }
  for (const end of ends) {
    const length = partBefore(folded, end, text);
    if (length > 0) add(end - length, end);
  }
  for (const start of starts) {
    const length = partAfter(folded, start, text);
    if (length > 0) add(start, start + length);
  }
}

/** Finds starts and ends of a form anywhere. */
function findParts(folded: string, { text, coded }: Form, found: Range[]): void {
  if (text.length < MIN_PART_INSIDE) return;
  const first = text.slice(0, MIN_PART_INSIDE);
  for (let at = folded.indexOf(first), end; at >= 0; at = folded.indexOf(first, end)) {
    end = at + first.length;
    while (end - at < text.length && folded[end] === text[end - at]) end++;
    found.push({ start: at, end, coded });
  }
  const last = text.slice(-MIN_PART_INSIDE);
  let known = 0; // what is before was found already
  for (let at = folded.indexOf(last); at >= 0; at = folded.indexOf(last, at + 1)) {
    let start = at;
    let left = text.length - last.length;
    while (start > known && left > 0 && folded[start - 1] === text[left - 1]) {
      start--;
      left--;
    }
    known = at + last.length;
    found.push({ start, end: known, coded });
  }
}

/** How much of the start of `text` is right before `end`; 0 when too little. */
function partBefore(folded: string, end: number, text: string): number {
  if (end < MIN_PART) return 0;
  const last = folded.slice(end - MIN_PART, end);
  let at = text.lastIndexOf(last);
  while (at >= 0) {
    const length = at + MIN_PART;
    if (length <= end && folded.startsWith(text.slice(0, length), end - length)) return length;
    at = at === 0 ? -1 : text.lastIndexOf(last, at - 1);
  }
  return 0;
}

/** How much of the end of `text` is at `start`; 0 when too little. */
function partAfter(folded: string, start: number, text: string): number {
  const first = folded.slice(start, start + MIN_PART);
  if (first.length < MIN_PART) return 0;
  for (let at = text.indexOf(first); at >= 0; at = text.indexOf(first, at + 1)) {
    if (folded.startsWith(text.slice(at), start)) return text.length - at;
  }
  return 0;
}

/** Sorts and joins ranges; those in Base64 or hex are extended by its characters beside them. */
function merged(folded: string, found: Range[]): { start: number; end: number }[] {
  const ranges: { start: number; end: number }[] = [];
  for (let { start, end, coded } of found.sort((a, b) => a.start - b.start)) {
    const before = ranges.at(-1);
    if (coded && end > (before?.end ?? 0)) {
      while (start > (before?.end ?? 0) && isCode(folded[start - 1]!)) start--;
      while (end < folded.length && (isCode(folded[end]!) || folded[end] === "=")) end++;
    }
    if (before && start <= before.end) before.end = Math.max(before.end, end);
    else ranges.push({ start, end });
  }
  return ranges;
}

function isCode(character: string): boolean {
  return /[a-z0-9+/]/.test(character);
}
