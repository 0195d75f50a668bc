import { systemClock } from "../base/clock.ts";
import { describeError } from "../base/hinted_error.ts";
import type { ConfigSource } from "./config_source.ts";
import { loadConfig, type LoadResult } from "./load_config.ts";
import type { Problem } from "./problem.ts";

/** Largest configuration file, and largest file that it refers to. */
const MOST_BYTES = 1_000_000;

/** What a configuration is made of on this machine, or why its file cannot be read. */
export type SourceResult =
  | { readonly ok: true; readonly source: ConfigSource }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads and checks the configuration of this process.
 * @param path The YAML file; undefined when the environment says everything.
 */
export function readConfig(path: string | undefined): LoadResult {
  const opened = readSource(path);
  return opened.ok ? loadConfig(opened.source) : opened;
}

/** Reads the file alone, for those who need the source itself: `loadConfig`, `grantOf`. */
export function readSource(path: string | undefined): SourceResult {
  const edge = { env: readVariable, readFile: readTextFile, nowMs: () => systemClock.nowMs() };
  if (path === undefined) return { ok: true, source: edge };
  try {
    return { ok: true, source: { text: readTextFile(path), fileName: path, ...edge } };
  } catch (error) { // whatever it is, the operator is told
    const place = { kind: "file", file: path, line: 1, column: 1 } as const;
    const found = `a file that cannot be read: ${describeError(error)}`;
    return { ok: false, problems: [{ place, path: "", found, expected: "a readable YAML file" }] };
  }
}

function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new Error(notGiven(`the variable ${name}`));
  }
}

function readTextFile(path: string): string {
  const bytes = readBytes(path);
  if (bytes.length > MOST_BYTES) throw new Error(`it has more than ${MOST_BYTES} bytes`);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new Error("it is not UTF-8 text");
  }
}

/** At most one byte more than is allowed, so that no endless file fills the memory. */
function readBytes(path: string): Uint8Array {
  using file = openFile(path);
  const bytes = new Uint8Array(MOST_BYTES + 1);
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
    if (error instanceof Deno.errors.NotCapable) throw new Error(notGiven(`the file ${path}`));
    if (error instanceof Deno.errors.NotFound) throw new Error("there is no such file");
    throw error;
  }
}

function notGiven(what: string): string {
  return `this program was not given the permission to read ${what}; start it with the ` +
    "permissions of this configuration, or make the executable again with it";
}
