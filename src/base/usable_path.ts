import { dirname } from "node:path";
import { describeError, permissionDeniedMessage, UsageError } from "./errors.ts";
import { isOwnStream, whyNotPlain } from "./plain_file.ts";

const PASSING = /ENOSPC|EROFS|EDQUOT|EIO|os error (28|30|122|5)\b/;

/** How a path is used: as a file that must exist, or as a file or folder that is created when needed. */
export type PathUse = "read" | "append" | "folder";

/** As `whyUnusable`, for a program that may only read; the program that it starts checks the rest. */
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
 * Says why a path cannot be used. Leaves nothing behind. A full or read-only disk is not a reason.
 * @returns what was found, such as `which is a folder`; undefined when it can be used.
 */
export function whyUnusable(path: string, use: PathUse): string | undefined {
  if (use === "append" && isOwnStream(path)) return undefined;
  try {
    const info = statOf(path);
    if (info === undefined) {
      if (use === "read") return "which does not exist";
      return use === "append" ? whyNotPlain(path) ?? tryToMake(path) : undefined;
    }
    if (use === "folder") return info.isDirectory ? undefined : "which is not a folder";
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

/** Whether the disk is full, read-only or broken: no option helps, and a running program waits or warns. */
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
  if (error instanceof Deno.errors.NotFound) return "whose folder does not exist";
  if (error instanceof Deno.errors.NotADirectory) return "which goes through a file";
  if (error instanceof Deno.errors.PermissionDenied) {
    return `which this user may not ${use === "read" ? "read" : "write"}`;
  }
  return `which cannot be used: ${describeError(error)}`;
}

/** Describes a path with a comma, to be put after its name. */
export const COMMA_FOUND = "whose path has a comma, which separates paths in Deno's permissions";

/**
 * Checks a path on the command line for commas.
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
