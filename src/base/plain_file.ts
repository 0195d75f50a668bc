import { folderOf } from "./durable_file.ts";

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
