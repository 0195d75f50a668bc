/** What commands load before they do anything: the configuration, its grant, and the sources that they are about. */
import { UsageError } from "../base/errors.ts";
import type { Config, SourceConfig } from "../config/config.ts";
import { loadConfig, type LoadedConfig } from "../config/load_config.ts";
import { formatProblems } from "../config/problems.ts";
import type { Command } from "../config/commands.ts";
import { type FileChecking, readSource } from "../config/read/source.ts";
import { printError } from "./print.ts";

/**
 * Reads a configuration and the permissions that it needs, once.
 * @param path The YAML file; undefined when the environment holds the whole configuration.
 * @param command What it is for: options that the command does not use are neither required nor granted.
 * @param files For a command that uses the configured files and folders: whether they are checked.
 * @returns undefined when it is wrong; its problems are printed then.
 */
export function loadConfigAndGrant(
  path: string | undefined,
  command: Command = "run",
  files: FileChecking = "none",
): LoadedConfig | undefined {
  const opened = readSource(path, files);
  const loaded = opened.ok ? loadConfig(opened.source, command) : opened;
  if (loaded.ok) return loaded;
  printError(formatProblems(loaded.problems));
  return undefined;
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
