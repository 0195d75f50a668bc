import type { z } from "zod";
import { Refused, scalar } from "./scalar.ts";

/** The path of a file or folder; relative ones start at the working folder. Nothing is opened here. */
export function filePath(what: "file" | "folder"): z.ZodType<string, string> {
  const expected = `the path of a ${what}: 1 to 4096 characters, no control characters`;
  return scalar({ kind: what, expected, json: { type: "string", minLength: 1 } }, (text) => {
    const right = /^\P{Cc}{1,4096}$/u.test(text) && text.isWellFormed() &&
      (what === "folder" || !text.endsWith("/"));
    return right ? text : new Refused(expected);
  });
}
