import { randomBytes } from "node:crypto";
import type { Clock } from "./clock.ts";
import { describeError } from "./errors.ts";

/** Suffix of the file with the next content, whose name is `path`, a random part and this. */
const PARTIAL_SUFFIX = ".partial";

/**
 * Replaces or creates a file atomically: after a crash at any moment it has the old content or the new one. Durable on
 * return.
 *
 * The new content is written under a random name in the same folder, so that no link that was prepared there is followed.
 * A regular file keeps its mode; a link at `path` itself is replaced.
 * @param mode Of a new file, whatever the umask.
 * @throws the error of the file system; the file is unchanged then.
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
 * Deletes what crashes during `replaceFile` have left beside a file. Only for the program that has the file's lock:
 * otherwise another one may be writing.
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

/** A write has failed halfway, and undoing it has failed too; the message says why undoing failed. */
export class TornFile extends Error {
  override name = "TornFile";
}

/**
 * Writes at the end of a file. Durable when it resolves.
 * @param file Must not be open for `append`, which cannot be undone.
 * @param end Length of the file before.
 * @returns the length of the file after.
 * @throws the error of the file system; the file is unchanged then.
 * @throws {TornFile} when it is not unchanged.
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

/** Writes all bytes: a single write may take fewer. */
export function writeAll(
  file: { writeSync(bytes: Uint8Array): number },
  bytes: Uint8Array,
): void {
  for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
}

/** Makes the names in a folder durable. Windows cannot open a directory and does not need this. */
export function syncFolder(folder: string): void {
  if (Deno.build.os === "windows") return;
  using handle = Deno.openSync(folder);
  handle.syncSync();
}

/** The folder of a file. */
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

/** Deletes a file, if it exists. */
export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Far longer than locking a free file takes. */
const LOCK_WAIT_MS = 1000;

/** A file to lock. Deno 2.6 has no `tryLockSync`. */
interface Lockable {
  lock(exclusive: boolean): Promise<void>;
  tryLockSync?(exclusive: boolean): boolean;
}

/**
 * Locks a file exclusively, unless another program has locked it. Closing the file ends the lock; it must also be closed after
 * a failure. Deno 2.6 can only wait for a lock: there this waits a short time, and closing the file ends the attempt.
 * @returns whether the file is locked.
 */
export async function tryLock(file: Lockable, clock: Clock): Promise<boolean> {
  if (file.tryLockSync) return file.tryLockSync(true);
  const enough = new AbortController();
  const locked = file.lock(true).then(() => true);
  const late = clock.sleep(LOCK_WAIT_MS, enough.signal).then(() => false);
  try {
    return await Promise.race([locked, late]);
  } finally {
    // Avoid an unhandled rejection from the loser of the race.
    void Promise.allSettled([locked, late]);
    enough.abort();
  }
}
