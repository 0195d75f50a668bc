/** What commands load before they do anything: the configuration, its grant, and the sources that they are about. */
import { UsageError } from "../base/errors.ts";
import type { Config, SourceConfig } from "../config/config.ts";
import { type Grant, grantOf } from "../config/grant.ts";
import { loadConfig } from "../config/load_config.ts";
import { formatProblems } from "../config/problem.ts";
import type { Purpose } from "../config/purpose.ts";
import { type FilesLookedAt, readSource } from "../config/read_config.ts";
import { printError } from "./print.ts";

/**
 * Reads a configuration and the permissions that it needs.
 * @param path The YAML file; undefined when the environment holds the whole configuration.
 * @param purpose The command that it is for: what that does not need is neither required nor granted.
 * @param files For a command that uses the configured files and folders: whether they are checked.
 * @returns undefined when it is wrong; its problems are printed then.
 */
export function loadConfigAndGrant(
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

/**
 * The configuration of a program that forwards between its own embedded servers.
 * @param options As in a file.
 */
export function embeddedConfig(options: Readonly<Record<string, unknown>>): Config {
  const loaded = loadConfig({
    // JSON is YAML too. No workers: the embedded servers need the other cores.
    text: JSON.stringify({ workers: 0, ...options }),
    fileName: "embedded",
    env: () => undefined,
    readFile: (path) => {
      throw new Error(`the embedded configuration reads no file ${path}`);
    },
  });
  if (!loaded.ok) throw new Error(formatProblems(loaded.problems));
  return loaded.config;
}

/**
 * The sources that a command is about.
 * @param wanted `project/logstore` (with `@group` where two sources share it); undefined for all.
 * @param shards Shard numbers, which are meaningful for one source only.
 * @throws {UsageError} when no source has that name, or shards are given for several sources.
 */
export function chooseSources(
  config: Config,
  wanted: string | undefined,
  shards: readonly number[] | undefined,
): readonly SourceConfig[] {
  const named = new Map(config.sources.map((source) => [source.name, source]));
  const names = [...named.keys()].join(", ");
  const chosen = wanted === undefined ? config.sources : [named.get(wanted)].filter((s) => !!s);
  if (chosen.length === 0) {
    throw new UsageError(
      `Cannot find source ${wanted}: the configuration has ${names}`,
      "Set --source to one of these, as project/logstore",
    );
  }
  if (shards !== undefined && chosen.length > 1) {
    throw new UsageError(
      `Cannot choose shards: --shards needs one source, and the configuration has ${names}`,
      "Set --source as well",
    );
  }
  return chosen;
}
