import type { z } from "zod";
import { Refused, scalar } from "./scalar.ts";
import { holdsText, showPathName } from "./shown_value.ts";

/** The path of a file or folder; relative ones start at the working folder. Nothing is opened here. */
export function filePath(what: "file" | "folder"): z.ZodType<string, string> {
  const expected = `the path of a ${what}: 1 to 4096 characters, no control characters`;
  const json = { type: "string", minLength: 1 };
  return scalar({ kind: what, expected, json, show: showPathName }, (text) => {
    if (holdsText(text)) {
      return new Refused(`the path of a ${what}, not the text that stands in it`);
    }
    const right = /^\P{Cc}{1,4096}$/u.test(text) && text.isWellFormed() &&
      (what === "folder" || !text.endsWith("/"));
    return right ? text : new Refused(expected);
  });
}
