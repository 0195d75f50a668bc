import { foreignText } from "./foreign_text.ts";

/** `Tue, 06 Oct 2026 08:30:00 GMT`. `Date.parse` alone accepts almost anything. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** The time of an HTTP date, in milliseconds since 1970; undefined for any other text. */
export function httpDateMs(text: string): number | undefined {
  const ms = HTTP_DATE.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * The target of a redirect for messages: without user, password, query and fragment, which may contain secrets.
 * @param location The header; a relative one stays relative.
 */
export function locationText(location: string): string {
  const [bare = ""] = location.split(/[?#]/, 1);
  const hidden = bare.length < location.length ? "?…" : "";
  return foreignText(bare.replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/]*@/i, "$1//") + hidden);
}
