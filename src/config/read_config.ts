import { systemClock } from "../base/clock.ts";
import { describeError, permissionDeniedMessage } from "../base/errors.ts";
import { COMMA_FOUND, whyLooksUnusable, whyUnusable } from "../base/usable_path.ts";
import { readTextFile } from "../base/read_text_file.ts";
import type { ConfigSource } from "./config_source.ts";
import { UNDOING_NAMES } from "../base/runtime_variables.ts";
import { loadConfig, type LoadResult } from "./load_config.ts";
import type { Problem } from "./problem.ts";

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

/** Whether the configured files and folders are looked at, and if so, whether files may be made for that. */
export type FilesLookedAt = "none" | "read" | "written";

/**
 * Reads the file alone, for those who need the source itself: `loadConfig`, `grantOf`.
 * @param files For a command that uses the configured files and folders: whether they are looked at.
 */
export function readSource(
  path: string | undefined,
  files: FilesLookedAt = "none",
): SourceResult {
  const edge = {
    env: readVariable,
    readFile: readTextFile,
    nowMs: () => systemClock.nowMs(),
    ...(files === "read" && { inspect: whyLooksUnusable }),
    ...(files === "written" && { inspect: whyUnusable, modeOf, variableNames }),
  };
  if (path === undefined) return { ok: true, source: edge };
  if (path.includes(",")) {
    return unreadable(path, `a file ${COMMA_FOUND}`, "a path without a comma");
  }
  try {
    return { ok: true, source: { text: readTextFile(path), fileName: path, ...edge } };
  } catch (error) { // whatever it is, the operator is told
    const found = `a file that cannot be read: ${describeError(error)}`;
    return unreadable(path, found, "a readable YAML file");
  }
}

function unreadable(file: string, found: string, expected: string): SourceResult {
  const place = { kind: "file", file, line: 1, column: 1 } as const;
  return { ok: false, problems: [{ place, path: "", found, expected }] };
}

function modeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).mode ?? undefined;
  } catch {
    return undefined; // what keeps it from being used is told where it is used
  }
}

function variableNames(): string[] {
  const isGiven = (descriptor: Deno.EnvPermissionDescriptor) =>
    Deno.permissions.querySync(descriptor).state === "granted";
  if (isGiven({ name: "env" })) return Object.keys(Deno.env.toObject());
  return UNDOING_NAMES.filter((variable) =>
    isGiven({ name: "env", variable }) && Deno.env.has(variable)
  );
}

function readVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new Error(permissionDeniedMessage(`the variable ${name}`));
  }
}
