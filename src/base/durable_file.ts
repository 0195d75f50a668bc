import { randomBytes } from "node:crypto";
import type { Clock } from "./clock.ts";
import { describeError } from "./errors.ts";

/** What is appended to a file's name while its next content is written; between them stands a random text. */
const PARTIAL_SUFFIX = ".partial";

/**
 * Replaces a file as a whole, or makes it: after a crash at any moment it holds the old content or the new
 * one. Durable on return.
 *
 * The new content is written under a random name in the same folder, which nobody can have made
 * before: a link that stands in the way is never followed. A regular file keeps its mode; a link at `path`
 * itself is replaced.
 * @param mode Of a file that is made new; the process's umask does not matter.
 * @throws what the disk says; the file is as it was then.
 */
export function replaceFile(path: string, bytes: Uint8Array, mode = 0o600): void {
  const partial = `${path}.${randomBytes(8).toString("hex")}${PARTIAL_SUFFIX}`;
  const wanted = modeOf(path) ?? mode;
  const file = Deno.openSync(partial, { write: true, createNew: true, mode: 0o600 });
  try {
    try {
      writeAll(file, bytes);
      file.syncSync();
    } finally {
      file.close();
    }
    if (wanted !== 0o600 && Deno.build.os !== "windows") Deno.chmodSync(partial, wanted);
    Deno.renameSync(partial, path);
  } catch (error) {
    removeIfThere(partial);
    throw error;
  }
  syncFolder(folderOf(path));
}

/**
 * Deletes what crashes in `replaceFile` have left beside a file. For a program that holds the file's lock,
 * as another one may be writing otherwise.
 */
export function removeLeftovers(path: string): void {
  const folder = folderOf(path);
  const start = `${path.slice(path.lastIndexOf("/") + 1)}.`;
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const middle = name.slice(start.length, -PARTIAL_SUFFIX.length);
    const isOurs = !isDirectory && name.startsWith(start) && name.endsWith(PARTIAL_SUFFIX) &&
      /^[0-9a-f]{16}$/.test(middle);
    if (isOurs) removeIfThere(`${folder}/${name}`);
  }
}

/** A write has failed, and taking back what it half wrote too; the message says why that one did. */
export class TornFile extends Error {
  override name = "TornFile";
}

/**
 * Writes at the end of a file; durable when it resolves.
 * @param file Not open for `append`, which knows no place to go back to.
 * @param end Length of the file before.
 * @returns the length after.
 * @throws what the disk says; the file is as it was then.
 * @throws {TornFile} when it is not.
 */
export async function appendSynced(
  file: Deno.FsFile,
  end: number,
  parts: readonly Uint8Array[],
): Promise<number> {
  try {
    await file.seek(end, Deno.SeekMode.Start);
    let length = end;
    for (const part of parts) {
      for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
      length += part.length;
    }
    await file.syncData();
    return length;
  } catch (error) {
    try {
      await file.truncate(end);
    } catch (cause) {
      throw new TornFile(describeError(cause), { cause: error });
    }
    throw error;
  }
}

/** Writes all of it: a single write may take less. */
export function writeAll(
  file: { writeSync(bytes: Uint8Array): number },
  bytes: Uint8Array,
): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

/** Makes the names in a folder durable too. Windows cannot open a folder, and needs it not. */
export function syncFolder(folder: string): void {
  if (Deno.build.os === "windows") return;
  using handle = Deno.openSync(folder);
  handle.syncSync();
}

/** The folder in which a file stands. */
export function folderOf(file: string): string {
  const cut = file.lastIndexOf("/");
  if (cut < 0) return ".";
  return cut === 0 ? "/" : file.slice(0, cut);
}

/**
 * The permission bits of a regular file; undefined where there is none.
 * @param look `Deno.statSync` to follow a link.
 */
export function modeOf(path: string, look = Deno.lstatSync): number | undefined {
  try {
    const { isFile, mode } = look(path);
    return isFile && mode !== null ? mode & 0o777 : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Deletes a file; one that is not there is as good. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Far more than a free file needs. */
const WAIT_MS = 1000;

/** What is needed of a file; `tryLockSync` is not in every version of Deno. */
export interface Lockable {
  lock(exclusive: boolean): Promise<void>;
  tryLockSync?(exclusive: boolean): boolean;
}

/**
 * Locks a file for this program alone, unless another one holds it. The lock ends with the file's closing; close it
 * when false comes too. Where Deno (such as 2.6) can only wait for a lock, a short wait tells, and what still waits
 * then ends with the file.
 */
export async function tryLock(file: Lockable, clock: Clock): Promise<boolean> {
  if (file.tryLockSync) return file.tryLockSync(true);
  const enough = new AbortController();
  const locked = file.lock(true).then(() => true);
  const late = clock.sleep(WAIT_MS, enough.signal).then(() => false);
  try {
    return await Promise.race([locked, late]);
  } finally {
    // What lost the race has nobody else to meet its failure.
    void Promise.allSettled([locked, late]);
    enough.abort();
  }
}
