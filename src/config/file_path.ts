import type { z } from "zod";
import { Refused, scalar } from "./scalar.ts";
import { holdsText, showPathName } from "./shown_value.ts";

/**
 * The path of a file or folder; relative ones start at the working folder. Nothing is opened here. A comma is refused:
 * Deno cuts its lists of paths there, so that other paths than the one meant would be allowed.
 */
export function filePath(what: "file" | "folder"): z.ZodType<string, string> {
  const expected = `the path of a ${what}: 1 to 4096 characters, no control characters, no comma`;
  const json = { type: "string", minLength: 1 };
  return scalar({ kind: what, expected, json, show: showPathName }, (text) => {
    if (holdsText(text)) {
      return new Refused(`the path of a ${what}, not the text that stands in it`);
    }
    const right = /^[^\p{Cc},]{1,4096}$/u.test(text) && text.isWellFormed() &&
      (what === "folder" || !text.endsWith("/"));
    return right ? text : new Refused(expected);
  });
}
