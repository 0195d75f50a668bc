import { printable } from "./printable.ts";
import { liveSecrets, type Redactor } from "./redactor.ts";

/** Longest text of a server in a message or a record, without the `…` of a cut. */
const FOREIGN_TEXT_LENGTH = 200;

/** The part of a longer text that is examined. */
const MAX_EXAMINED_CHARS = 4096;
const CUT = "…";

/**
 * A text of a server made safe for a message, a log line or a dead letter: without secrets, printable, on one line, and cut
 * with `…` to 200 characters.
 * @param maxLength Another limit, in UTF-16 units.
 */
export function foreignText(
  text: string,
  maxLength: number = FOREIGN_TEXT_LENGTH,
  secrets: Redactor = liveSecrets,
): string {
  const examined = text.slice(0, MAX_EXAMINED_CHARS);
  const safe = secrets.redact(examined, true);
  const isCut = examined.length < text.length;
  const shown = printable(safe);
  if (!isCut && shown.length <= maxLength) return shown;
  return clipped(safe, maxLength) + CUT;
}

/** The longest start whose printable form fits; no escape or surrogate pair is cut. */
function clipped(text: string, maxLength: number): string {
  let length = 0;
  let end = 0;
  for (const character of text) {
    if (length + character.length > maxLength) break;
    end += character.length;
    length = printable(text.slice(0, end)).length;
    if (length > maxLength) return printable(text.slice(0, end - character.length));
  }
  return printable(text.slice(0, end));
}
