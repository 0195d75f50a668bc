/**
 * The bytes that a text may mean, one character for each byte, with the position in the text that each comes from. Escapes
 * of percent-encoding, JSON, JavaScript and HTML are undone, also nested ones; invisible characters (controls, zero-width
 * characters) are omitted. For searching, not for display.
 */
interface UnescapedBytes {
  readonly bytes: string;
  /** Byte `i` comes from the text's UTF-16 units `starts[i]` up to `ends[i]`; undefined: from unit `i` alone. */
  readonly places: Places | undefined;
}

interface Places {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
}

/** Levels of nested escapes that are undone. */
const MAX_DEPTH = 3;

const NEEDS_WORK = /[^\x20-\x7e]|[%\\&]/;
const UNSEEN = /^[\p{Cc}\p{Cf}\p{DI}]$/u;
const ESCAPES = new RegExp(
  [
    "%([0-9a-f]{2})",
    "\\\\x([0-9a-f]{2})",
    "\\\\u(d[89ab][0-9a-f]{2})\\\\u(d[c-f][0-9a-f]{2})",
    "\\\\u([0-9a-f]{4})",
    "\\\\u\\{([0-9a-f]{1,6})\\}",
    "&#0{0,8}([0-9]{1,7});?",
    "&#x0{0,8}([0-9a-f]{1,6});?",
    "&([a-z]{2,6});",
    "\\\\([nrtbf])",
    "\\\\([^\\w\\s])",
  ].join("|"),
  "gi",
);
const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  apos: "'",
  bsol: "\\",
  colon: ":",
  comma: ",",
  commat: "@",
  dollar: "$",
  equals: "=",
  excl: "!",
  gt: ">",
  lowbar: "_",
  lpar: "(",
  lt: "<",
  num: "#",
  percnt: "%",
  period: ".",
  plus: "+",
  quest: "?",
  quot: '"',
  rpar: ")",
  semi: ";",
  sol: "/",
};

/** Undoes the escapes of a text. */
export function unescapedBytes(text: string): UnescapedBytes {
  if (!NEEDS_WORK.test(text)) return { bytes: text, places: undefined };
  let known = utf8Of(text);
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const next = undone(known);
    if (next === known) break;
    known = next;
  }
  return known;
}

/** The UTF-8 bytes of a text, one character a byte. */
export function utf8Bytes(text: string): string {
  // deno-lint-ignore no-control-regex
  return /^[\x00-\x7f]*$/.test(text) ? text : Array.from(
    new TextEncoder().encode(text),
    (byte) => String.fromCharCode(byte),
  ).join("");
}

class Writer {
  bytes = "";
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  add(bytes: string, start: number, end: number): void {
    this.bytes += bytes;
    for (let i = 0; i < bytes.length; i++) {
      this.starts.push(start);
      this.ends.push(end);
    }
  }

  get result(): UnescapedBytes & { places: Places } {
    return { bytes: this.bytes, places: this };
  }
}

function utf8Of(text: string): UnescapedBytes & { places: Places } {
  const writer = new Writer();
  let at = 0;
  for (const character of text) {
    if (!UNSEEN.test(character)) writer.add(utf8Bytes(character), at, at + character.length);
    at += character.length;
  }
  return writer.result;
}

/** Undoes one level of escapes; returns the same object when there is none. */
function undone(
  known: UnescapedBytes & { places: Places },
): UnescapedBytes & { places: Places } {
  const { bytes, places: { starts, ends } } = known;
  let writer: Writer | undefined;
  let at = 0;
  const copyTo = (end: number) => {
    for (; at < end; at++) writer!.add(bytes[at]!, starts[at]!, ends[at]!);
  };
  for (const match of bytes.matchAll(ESCAPES)) {
    const meant = meaningOf(match);
    if (meant === undefined) continue;
    writer ??= new Writer();
    copyTo(match.index);
    at = match.index + match[0].length;
    writer.add(meant, starts[match.index]!, ends[at - 1]!);
  }
  if (!writer) return known;
  copyTo(bytes.length);
  return writer.result;
}

/** The bytes of one escape; empty for an invisible character, undefined for what is not an escape. */
function meaningOf(
  [, percent, x, high, low, u, braces, decimal, hexadecimal, name, control, itself]:
    RegExpMatchArray,
): string | undefined {
  if (percent !== undefined) {
    const byte = parseInt(percent, 16);
    return byte < 0x20 || byte === 0x7f ? "" : String.fromCharCode(byte);
  }
  if (control !== undefined) return "";
  if (itself !== undefined) return itself;
  if (name !== undefined) return NAMED[name.toLowerCase()];
  const codePoint = high !== undefined
    ? ((parseInt(high, 16) & 0x3ff) << 10) + (parseInt(low!, 16) & 0x3ff) + 0x10000
    : decimal !== undefined
    ? Number(decimal)
    : parseInt((x ?? u ?? braces ?? hexadecimal)!, 16);
  if (codePoint > 0x10ffff) return undefined;
  const character = String.fromCodePoint(codePoint);
  return UNSEEN.test(character) ? "" : utf8Bytes(character);
}
