import type { Config } from "../config/config.ts";
import { type Grant, grantOf } from "../config/grant.ts";
import { loadConfig } from "../config/load_config.ts";
import { formatProblems } from "../config/problem.ts";
import { readSource } from "../config/read_config.ts";

/**
 * Reads a configuration with the permissions that it needs.
 * @param path The YAML file; undefined when the environment says everything.
 * @returns undefined when it is wrong; its problems are then printed.
 */
export function loadGranted(
  path: string | undefined,
): { readonly config: Config; readonly grant: Grant } | undefined {
  const opened = readSource(path);
  if (!opened.ok) {
    console.error(formatProblems(opened.problems));
    return undefined;
  }
  const loaded = loadConfig(opened.source);
  if (!loaded.ok) {
    console.error(formatProblems(loaded.problems));
    return undefined;
  }
  return { config: loaded.config, grant: grantOf(opened.source, loaded.config) };
}
