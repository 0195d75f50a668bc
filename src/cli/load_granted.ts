import type { Config } from "../config/config.ts";
import { type Grant, grantOf } from "../config/grant.ts";
import { loadConfig } from "../config/load_config.ts";
import { formatProblems } from "../config/problem.ts";
import type { Purpose } from "../config/purpose.ts";
import { type FilesLookedAt, readSource } from "../config/read_config.ts";
import { printError } from "./print.ts";

/**
 * Reads a configuration with the permissions that it needs.
 * @param path The YAML file; undefined when the environment says everything.
 * @param purpose The command that it is for: what that does not need is neither demanded nor granted.
 * @param files For a command that uses the configured files and folders: whether they are looked at.
 * @returns undefined when it is wrong; its problems are then printed.
 */
export function loadGranted(
  path: string | undefined,
  purpose: Purpose = "run",
  files: FilesLookedAt = "none",
): {
  readonly config: Config;
  readonly grant: Grant;
  /** Secrets that are not on this machine and need not be. */
  readonly unknown: readonly string[];
} | undefined {
  const opened = readSource(path, files);
  if (!opened.ok) {
    printError(formatProblems(opened.problems));
    return undefined;
  }
  const loaded = loadConfig(opened.source, purpose);
  if (!loaded.ok) {
    printError(formatProblems(loaded.problems));
    return undefined;
  }
  const { config, unknown } = loaded;
  return { config, grant: grantOf(opened.source, config, purpose), unknown };
}
