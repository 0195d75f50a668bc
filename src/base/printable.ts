/**
 * Characters that a terminal or a reader may not see as text: controls (C0, DEL, C1), marks that change the direction of
 * writing, line and paragraph separators, halves of surrogate pairs, and invisible characters (zero-width characters, byte
 * order marks, tags).
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/gu;
const UNPRINTABLE_BUT_LINE_END = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/gu;

/** A backslash in the text that could be taken for the start of an escape. */
const LIKE_ESCAPE =
  /\\(?=\\*(?:x[0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]+\}|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]))/gu;

/**
 * A text from outside made printable, on one line: other characters are written `\x1b`, `\u202e` or `\u{e0041}`, and a
 * backslash in the text that looks like that is doubled, so that different texts never look the same. Call it once for
 * each text: a second call doubles again.
 */
export function printable(text: string): string {
  return text.replaceAll(LIKE_ESCAPE, "\\\\").replaceAll(UNPRINTABLE, escaped);
}

/** As `printable`, for a text that may be printable already: doubles no backslash. */
export function printableLine(text: string): string {
  return text.replaceAll(UNPRINTABLE, escaped);
}

/** As `printableLine`, for several lines: keeps line ends. */
export function printableLines(text: string): string {
  return text.replaceAll(UNPRINTABLE_BUT_LINE_END, escaped);
}

/** JSON with the same meaning in which characters that are not printable are `\u` escapes. */
export function printableJson(json: string): string {
  // Outside of strings JSON has only whitespace; inside, line ends and tabs are escaped already.
  return json.replaceAll(UNPRINTABLE_BUT_LINE_END, (character) => {
    return character === "\t" || character === "\r" ? character : character.split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
  });
}

function escaped(character: string): string {
  const codePoint = character.codePointAt(0)!;
  const hex = codePoint.toString(16);
  if (codePoint <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return codePoint <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}
