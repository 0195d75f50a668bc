import { foreignText } from "./foreign_text.ts";

/**
 * Where a redirect leads, as a message may say it: without user, password, query and fragment, which may hold secrets.
 * @param location The header; relative ones stay so.
 */
export function locationText(location: string): string {
  const [bare = ""] = location.split(/[?#]/, 1);
  const hidden = bare.length < location.length ? "?…" : "";
  return foreignText(bare.replace(/^([a-z][a-z0-9+.-]*:)?\/\/[^/]*@/i, "$1//") + hidden);
}
