import { printable } from "./printable.ts";
import { liveSecrets, type Redactor } from "./redactor.ts";

/** Longest text of a server in a message or a record; the mark of a cut comes on top. */
export const FOREIGN_TEXT_LENGTH = 200;

/** What is looked at of a longer text. */
const MAX_EXAMINED_CHARS = 4096;
const CUT = "…";

/**
 * A text of a server as it may stand in a message, a log line or a dead letter: without secrets, then printable on
 * one line, then cut to 200 characters, with `…` behind them.
 * @param most Another bound, in UTF-16 units.
 */
export function foreignText(
  text: string,
  most: number = FOREIGN_TEXT_LENGTH,
  secrets: Redactor = liveSecrets,
): string {
  const looked = text.slice(0, MAX_EXAMINED_CHARS);
  const safe = secrets.redact(looked, true);
  const cutBefore = looked.length < text.length;
  const shown = printable(safe);
  if (!cutBefore && shown.length <= most) return shown;
  return clipped(safe, most) + CUT;
}

/** The longest beginning that has at most `most` characters when it is printable; no escape or pair is cut. */
function clipped(text: string, most: number): string {
  let length = 0;
  let end = 0;
  for (const character of text) {
    if (length + character.length > most) break;
    end += character.length;
    length = printable(text.slice(0, end)).length;
    if (length > most) return printable(text.slice(0, end - character.length));
  }
  return printable(text.slice(0, end));
}
