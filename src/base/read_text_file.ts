import { permissionDeniedMessage } from "./errors.ts";

/** Size limit of a text file: configuration, credentials, certificates. */
const MAX_BYTES = 1_000_000;

/**
 * Reads a small text file.
 * @throws an error whose message says why, to be put after `Cannot read PATH: `.
 */
export function readTextFile(path: string): string {
  const bytes = readBytes(path);
  if (bytes.length > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error("it is not UTF-8 text");
  }
}

/** Reads at most one byte more than allowed, so that an endless file does not fill memory. */
function readBytes(path: string): Uint8Array {
  using file = openFile(path);
  const bytes = new Uint8Array(MAX_BYTES + 1);
  let length = 0;
  while (length < bytes.length) {
    const count = file.readSync(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

function openFile(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new Error(permissionDeniedMessage(`the file ${path}`));
    }
    if (error instanceof Deno.errors.NotFound) throw new Error("there is no such file");
    throw error;
  }
}
