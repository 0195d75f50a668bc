/**
 * What a terminal or a reader could take for something else than text: controls (C0, DEL, C1), marks that turn the
 * direction of writing, line and paragraph separators, halves of surrogate pairs, and what cannot be seen
 * (zero-width characters, byte order marks, tags).
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/gu;
const UNPRINTABLE_BUT_LINE_END = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]/gu;

/** A backslash of a text that an escape of ours would begin with, or stand behind. */
const LIKE_ESCAPE =
  /\\(?=\\*(?:x[0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]+\}|[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{DI}]))/gu;

/**
 * A text from outside as it may be printed, on one line: what is not printable is written `\x1b`, `\u202e` or
 * `\u{e0041}`, and a backslash is doubled where the text itself has something that looks like that. So two
 * different texts never look alike. Once for each text: a second time would double again.
 */
export function printable(text: string): string {
  return text.replaceAll(LIKE_ESCAPE, "\\\\").replaceAll(UNPRINTABLE, escaped);
}

/** As `printable`, for what may have been through it: no backslash is doubled. */
export function printableLine(text: string): string {
  return text.replaceAll(UNPRINTABLE, escaped);
}

/** As `printableLine`, for several lines: their ends stay. */
export function printableLines(text: string): string {
  return text.replaceAll(UNPRINTABLE_BUT_LINE_END, escaped);
}

/** JSON text that means the same, with what is not printable as `\u` escapes. */
export function printableJson(json: string): string {
  // Outside of its strings JSON has blanks and line ends alone; inside, these stand escaped already.
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
