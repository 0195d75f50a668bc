import { describeError } from "./hinted_error.ts";
import { notGiven } from "./not_given.ts";

/** What no option can mend: the running program waits for it, or warns. */
const PASSING = /ENOSPC|EROFS|EDQUOT|EIO|os error (28|30|122|5)\b/;
/** The process's own streams; nothing is opened for them. */
const OWN_STREAMS = new Set(["/dev/stdout", "/dev/stderr"]);

/**
 * Says why a path cannot be used; leaves nothing behind. A disk that is full or read-only is no reason.
 * @param use `read`: a file that must be there. `append`: one that is made if need be. `folder`: likewise.
 * @returns what was found, such as `a folder`; undefined where it can be used.
 */
export function whyUnusable(path: string, use: "read" | "append" | "folder"): string | undefined {
  if (use === "append" && OWN_STREAMS.has(path)) return undefined;
  try {
    const info = statOf(path);
    if (info === undefined) {
      if (use === "read") return "which is not there";
      if (use === "append") tryToMake(path);
      return undefined;
    }
    if (use === "folder") return info.isDirectory ? undefined : "which is no folder";
    if (info.isDirectory) return "which is a folder";
    if (info.isFifo || info.isSocket) return "which is a pipe or a socket";
    Deno.openSync(path, use === "read" ? { read: true } : { append: true }).close();
    return undefined;
  } catch (error) {
    return reasonOf(error, path, use);
  }
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function tryToMake(path: string): void {
  Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  Deno.removeSync(path);
}

function reasonOf(error: unknown, path: string, use: string): string | undefined {
  if (PASSING.test(String(error))) return undefined;
  if (error instanceof Deno.errors.NotCapable) {
    return `where ${
      use === "read" ? notGiven(`the file ${path}`) : notGiven(path, "read and write")
    }`;
  }
  if (error instanceof Deno.errors.NotFound) return "whose folder is not there";
  if (error instanceof Deno.errors.NotADirectory) return "which leads through a file";
  if (error instanceof Deno.errors.PermissionDenied) {
    return `which this user may not ${use === "read" ? "read" : "write"}`;
  }
  return `which cannot be used: ${describeError(error)}`;
}
