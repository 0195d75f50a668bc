import { foreignText } from "./foreign_text.ts";

/** `Tue, 06 Oct 2026 08:30:00 GMT`. `Date.parse` alone finds a date in almost anything. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** The time of an HTTP date, in milliseconds since 1970; undefined when the text is none. */
export function httpDateMs(text: string): number | undefined {
  const ms = HTTP_DATE.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * Where a redirect leads, as a message may say it: without user, password, query and fragment, which may hold secrets.
 * @param location The header; relative ones stay so.
 */
export function locationText(location: string): string {
  const [bare = ""] = location.split(/[?#]/, 1);
  const hidden = bare.length < location.length ? "?…" : "";
  return foreignText(bare.replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/]*@/i, "$1//") + hidden);
}
