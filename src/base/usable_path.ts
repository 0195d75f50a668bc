import { dirname } from "node:path";
import { describeError, permissionDeniedMessage, UsageError } from "./errors.ts";
import { isOwnStream, whyNotPlain } from "./plain_file.ts";

const PASSING = /ENOSPC|EROFS|EDQUOT|EIO|os error (28|30|122|5)\b/;

/** What a path is used for: a file that must be there, one that is made if need be, or a folder likewise. */
export type PathUse = "read" | "append" | "folder";

/** As `whyUnusable`, for a program that may read and not write: what it starts finds out the rest. */
export function whyLooksUnusable(path: string, use: PathUse): string | undefined {
  if (use !== "append") return whyUnusable(path, use);
  if (isOwnStream(path)) return undefined;
  try {
    const info = statOf(path);
    if (info === undefined) Deno.statSync(dirname(path));
    return info?.isDirectory ? "which is a folder" : undefined;
  } catch (error) {
    return reasonOf(error, path, use);
  }
}

/**
 * Says why a path cannot be used; leaves nothing behind. A disk that is full or read-only is no reason.
 * @param use `read`: a file that must be there. `append`: one that is made if need be. `folder`: likewise.
 * @returns what was found, such as `a folder`; undefined where it can be used.
 */
export function whyUnusable(path: string, use: PathUse): string | undefined {
  if (use === "append" && isOwnStream(path)) return undefined;
  try {
    const info = statOf(path);
    if (info === undefined) {
      if (use === "read") return "which is not there";
      return use === "append" ? whyNotPlain(path) ?? tryToMake(path) : undefined;
    }
    if (use === "folder") return info.isDirectory ? undefined : "which is no folder";
    if (info.isDirectory) return "which is a folder";
    if (info.isFifo || info.isSocket) return "which is a pipe or a socket";
    const why = use === "append" ? whyNotPlain(path) : undefined;
    if (why !== undefined) return why;
    Deno.openSync(path, use === "read" ? { read: true } : { append: true }).close();
    return undefined;
  } catch (error) {
    return reasonOf(error, path, use);
  }
}

/** Whether the disk is full, read-only or broken: no option mends that, and a running program waits for it or warns. */
export function isPassing(error: unknown): boolean {
  return PASSING.test(String(error));
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function tryToMake(path: string): undefined {
  Deno.openSync(path, { write: true, createNew: true, mode: 0o600 }).close();
  Deno.removeSync(path);
}

function reasonOf(error: unknown, path: string, use: string): string | undefined {
  if (isPassing(error)) return undefined;
  if (error instanceof Deno.errors.NotCapable) {
    return `where ${
      use === "read"
        ? permissionDeniedMessage(`the file ${path}`)
        : permissionDeniedMessage(path, "read and write")
    }`;
  }
  if (error instanceof Deno.errors.NotFound) return "whose folder is not there";
  if (error instanceof Deno.errors.NotADirectory) return "which leads through a file";
  if (error instanceof Deno.errors.PermissionDenied) {
    return `which this user may not ${use === "read" ? "read" : "write"}`;
  }
  return `which cannot be used: ${describeError(error)}`;
}

/** What a path with a comma is, to follow its name. */
export const COMMA_FOUND = "whose path has a comma, at which Deno cuts its lists of paths";

/**
 * The same for a path on the command line.
 * @param option Such as `--state`.
 * @throws {UsageError} if it has a comma.
 */
export function checkPath(option: string, path: string): string {
  if (!path.includes(",")) return path;
  throw new UsageError(
    `Cannot use ${option} ${JSON.stringify(path)}: found a file ${COMMA_FOUND}`,
    "Use a file or folder without a comma in its path",
  );
}
