/** What commands load before they do anything: the configuration, its grant, and the sources that they are about. */
import { UsageError } from "../base/errors.ts";
import type { FileDeps } from "../app/deps.ts";
import { listedSources } from "../app/listed_sources.ts";
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

/** What a command is about. */
interface Choice {
  /** Name of a source, or of a pattern for all of its logstores; undefined for everything. */
  readonly source?: string | undefined;
  /** Shard numbers, which are meaningful for one source only. */
  readonly shards?: readonly number[] | undefined;
}

/**
 * The sources that a command is about.
 * @throws {UsageError} when no source or pattern has that name, or shards are given for several sources.
 * @throws as `listedSources`.
 */
export async function chooseSources(
  config: Config,
  { source: wanted, shards }: Choice,
  deps: FileDeps,
  stop: AbortSignal,
): Promise<readonly SourceConfig[]> {
  const listed = await listedSources(config, wanted, deps, stop);
  const chosen = listed
    .filter(({ source, pattern }) =>
      wanted === undefined || source.name === wanted || pattern === wanted
    )
    .map(({ source }) => source);
  const names = listed.map(({ source }) => source.name).join(", ");
  if (chosen.length === 0) {
    const isPattern = config.patterns.some(({ name }) => name === wanted || wanted === undefined);
    if (isPattern) {
      throw new UsageError(
        `Cannot find a source: ${wanted ?? "the configuration"} matches no logstore now`,
        "Check logstore and exclude of the source",
      );
    }
    throw new UsageError(
      `Cannot find source ${wanted}: the configuration has ${names}`,
      "Set --source to one of these, or to the name of a pattern, as project/logstore",
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
