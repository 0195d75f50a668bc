import { folderOf, modeOf } from "./durable_file.ts";

const OWN_STREAMS = { "/dev/stdout": Deno.stdout, "/dev/stderr": Deno.stderr };

/** The process's own stream that a path means; undefined for every other path. Nothing is opened for it. */
export function ownStream(path: string): { writeSync(bytes: Uint8Array): number } | undefined {
  return isOwnStream(path) ? OWN_STREAMS[path as keyof typeof OWN_STREAMS] : undefined;
}

/** Whether a path means one of the process's own streams. */
export function isOwnStream(path: string): boolean {
  return Object.hasOwn(OWN_STREAMS, path);
}

/**
 * Says why a file that is written in place must not be opened: a link that leads out of its folder, where Deno asks for
 * no leave (it looks at the path that it is given, not at where that leads), or something that is no regular file.
 * @returns what was found, such as `a link to /etc/passwd`; undefined where it may be opened or is not there.
 */
export function whyNotPlain(path: string): string | undefined {
  const info = lstatOf(path);
  if (info === undefined || info.isFile) return undefined;
  if (!info.isSymlink) return "which is no regular file";
  const target = Deno.readLinkSync(path);
  try {
    const real = Deno.realPathSync(path);
    // The folder itself may not be looked at: what leads there by another name counts as another folder.
    if (folderOf(real) !== absolute(folderOf(path))) return `which is a link to ${target}`;
    return Deno.statSync(path).isFile ? undefined : "which is no regular file";
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return `which is a link to ${target}, which is not there`;
  }
}

/** How a file is opened; it is neither cut off nor replaced. */
export type InPlace = Pick<Deno.OpenOptions, "read" | "write" | "append">;

/**
 * Opens a file that is written in place, or makes it.
 * @param mode Of a file that is made, whatever the umask says; one that is there keeps its own.
 * @throws an error that says what was found, for a link that leads out of the folder and for what is no regular file,
 * also when it is put there while the file is opened.
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
      throw new Error("found another file in its place while it was opened");
    }
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Undefined where Deno does not tell: behind a folder that is a link it wants leave for the file's real path. */
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
    if (error instanceof Deno.errors.AlreadyExists) return undefined; // a link too, wherever it leads
    throw error;
  }
  if (Deno.build.os !== "windows" && modeOf(path)! & 0o777 ^ mode) {
    Deno.chmodSync(path, mode); // the umask has taken some of it
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

/** Without `.` and `..`; links in it stay. */
function absolute(folder: string): string {
  const parts: string[] = [];
  for (const part of (folder.startsWith("/") ? folder : `${Deno.cwd()}/${folder}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
