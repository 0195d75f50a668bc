import { systemClock } from "../../base/clock.ts";
import { describeError, permissionDeniedMessage } from "../../base/errors.ts";
import { readTextFile } from "../../base/read_text_file.ts";
import { UNSAFE_VARIABLE_NAMES } from "../../base/runtime_variables.ts";
import {
  COMMA_FOUND,
  type PathUse,
  whyLooksUnusable,
  whyUnusable,
} from "../../base/usable_path.ts";
import type { Problem } from "../problems.ts";

/** What a configuration is read from. Reading goes through functions, so that tests can supply their own. */
export interface ConfigSource {
  /** The YAML text; undefined without a file, when the environment holds the whole configuration. */
  readonly text?: string | undefined;
  /** The file's name, for reports and the permission grant. */
  readonly fileName?: string | undefined;
  /**
   * Reads an environment variable.
   * @returns its value; undefined when it is not set.
   * @throws {Error} whose message says why it cannot be read.
   */
  env(name: string): string | undefined;
  /**
   * Reads the text of a file.
   * @throws {Error} whose message says why it cannot be read.
   */
  readFile(path: string): string;
  /**
   * Checks whether a configured path can be used. Without it, no path is checked.
   * @returns why it cannot, to follow `found PATH, `; undefined when it can.
   */
  inspect?(path: string, use: PathUse): string | undefined;
  /** The mode of a file or folder, links followed; undefined when it is missing or may not be read. */
  modeOf?(path: string): number | undefined;
  /** Names of the variables that are set and may be read. */
  variableNames?(): readonly string[];
  /** Milliseconds since 1970. Without it, no time is refused as being in the future. */
  nowMs?(): number;
}

/** The configuration of this machine, or why its file cannot be read. */
export type SourceResult =
  | { readonly ok: true; readonly source: ConfigSource }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Whether the configured files and folders are checked, and if so, whether files may be created for that. */
export type FileChecking = "none" | "read" | "written";

/**
 * Reads the configuration file and nothing else yet.
 * @param path The YAML file; undefined when the environment holds the whole configuration.
 * @param files For a command that uses the configured files and folders: whether they are checked.
 */
export function readSource(path: string | undefined, files: FileChecking = "none"): SourceResult {
  const machine = {
    env: readVariable,
    readFile: readTextFile,
    nowMs: () => systemClock.nowMs(),
    ...(files === "read" && { inspect: whyLooksUnusable }),
    ...(files === "written" && { inspect: whyUnusable, modeOf, variableNames }),
  };
  if (path === undefined) return { ok: true, source: machine };
  if (path.includes(",")) {
    return unreadable(path, `a file ${COMMA_FOUND}`, "a path without a comma");
  }
  try {
    return { ok: true, source: { text: readTextFile(path), fileName: path, ...machine } };
  } catch (error) { // becomes a problem, as everything that is wrong with a configuration
    const found = `a file that cannot be read: ${describeError(error)}`;
    return unreadable(path, found, "a readable YAML file");
  }
}

/** The same source, reading each variable and each file once, however many options need it. */
export function readingOnce(source: ConfigSource): ConfigSource {
  return {
    ...source,
    env: once((name) => source.env(name)),
    readFile: once((path) => source.readFile(path)),
  };
}

function once<T>(read: (name: string) => T): (name: string) => T {
  const results = new Map<string, () => T>();
  return (name) => {
    let result = results.get(name);
    if (!result) {
      try {
        const value = read(name);
        result = () => value;
      } catch (error) { // thrown on every call, as the first time
        result = () => {
          throw error;
        };
      }
      results.set(name, result);
    }
    return result();
  };
}

function unreadable(file: string, found: string, expected: string): SourceResult {
  const place = { kind: "file", file, line: 1, column: 1 } as const;
  return { ok: false, problems: [{ place, path: "", found, expected }] };
}

function modeOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).mode ?? undefined;
  } catch {
    return undefined; // reported where the file is used
  }
}

function variableNames(): string[] {
  const isGranted = (descriptor: Deno.EnvPermissionDescriptor) =>
    Deno.permissions.querySync(descriptor).state === "granted";
  if (isGranted({ name: "env" })) return Object.keys(Deno.env.toObject());
  return UNSAFE_VARIABLE_NAMES.filter((variable) =>
    isGranted({ name: "env", variable }) && Deno.env.has(variable)
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
