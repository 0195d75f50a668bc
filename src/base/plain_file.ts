import { folderOf, modeOf } from "./durable_file.ts";

const OWN_STREAMS = { "/dev/stdout": Deno.stdout, "/dev/stderr": Deno.stderr };

/** The process's own stream for `/dev/stdout` and `/dev/stderr`; undefined for any other path. Opens nothing. */
export function ownStream(path: string): { writeSync(bytes: Uint8Array): number } | undefined {
  return isOwnStream(path) ? OWN_STREAMS[path as keyof typeof OWN_STREAMS] : undefined;
}

/** Whether a path is one of the process's own streams. */
export function isOwnStream(path: string): boolean {
  return Object.hasOwn(OWN_STREAMS, path);
}

/**
 * Says why a file must not be opened for writing in place: it is not a regular file, or it is a link out of its folder,
 * where Deno does not check permissions (it checks the given path, not the target of a link).
 * @returns what was found, such as `which is a link to /etc/passwd`; undefined when it may be opened or does not exist.
 */
export function whyNotPlain(path: string): string | undefined {
  const info = lstatOf(path);
  if (info === undefined || info.isFile) return undefined;
  if (!info.isSymlink) return "which is not a regular file";
  const target = Deno.readLinkSync(path);
  try {
    const real = Deno.realPathSync(path);
    // The folder itself may not be readable: another name for it counts as another folder.
    if (folderOf(real) !== absolute(folderOf(path))) return `which is a link to ${target}`;
    return Deno.statSync(path).isFile ? undefined : "which is not a regular file";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return `which is a link to ${target}, which does not exist`;
  }
}

/** How a file is opened without truncating or replacing it. */
type InPlace = Pick<Deno.OpenOptions, "read" | "write" | "append">;

/**
 * Opens or creates a file for writing in place.
 * @param mode Of a new file, whatever the umask; an existing file keeps its own.
 * @throws an error that says what was found, for a link out of the folder and for anything but a regular file, even when
 * it appears while the file is opened.
 */
export function openInPlace(path: string, options: InPlace, mode = 0o600): Deno.FsFile {
  const made = makeNew(path, options, mode);
  if (made) return made;
  refuseOther(path);
  const before = Deno.statSync(path);
  const file = Deno.openSync(path, options);
  try {
    refuseOther(path);
    const [opened, named] = [statOfOpen(file) ?? before, Deno.statSync(path)];
    if (opened.ino !== named.ino || opened.dev !== named.dev) {
      throw new Error("another file took its place while it was opened");
    }
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Undefined when Deno denies it: in a folder that is a link it checks the permission for the real path. */
function statOfOpen(file: Deno.FsFile): Deno.FileInfo | undefined {
  try {
    return file.statSync();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}

function makeNew(path: string, options: InPlace, mode: number): Deno.FsFile | undefined {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { ...options, createNew: true, mode });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return undefined; // also for a link, whatever its target
    throw error;
  }
  if (Deno.build.os !== "windows" && modeOf(path)! & 0o777 ^ mode) {
    Deno.chmodSync(path, mode); // the umask has removed some bits
  }
  return file;
}

function refuseOther(path: string): void {
  const why = whyNotPlain(path);
  if (why !== undefined) throw new Error(`found a file ${why}`);
}

function lstatOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** The absolute path without `.` and `..`; links are not resolved. */
function absolute(folder: string): string {
  const parts: string[] = [];
  for (const part of (folder.startsWith("/") ? folder : `${Deno.cwd()}/${folder}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
