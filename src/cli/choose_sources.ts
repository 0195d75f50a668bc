import { UsageError } from "../base/usage_error.ts";
import type { Config, SourceConfig } from "../config/config.ts";
import { sourceName } from "../config/source_name.ts";

/**
 * The sources that a command is about.
 * @param wanted `project/logstore` (with `@group` where two have the same); undefined for all.
 * @param shards Shard numbers, which mean something for one source only.
 * @throws {UsageError} when there is none of that name, or shards are named for several.
 */
export function chooseSources(
  config: Config,
  wanted: string | undefined,
  shards: readonly number[] | undefined,
): readonly SourceConfig[] {
  const named = new Map(config.sources.map((source) => [sourceName(config, source), source]));
  const names = [...named.keys()].join(", ");
  const chosen = wanted === undefined ? config.sources : [named.get(wanted)].filter((s) => !!s);
  if (chosen.length === 0) {
    throw new UsageError(
      `Cannot find source ${wanted}: the configuration has ${names}`,
      "Give --source one of these, as project/logstore",
    );
  }
  if (shards !== undefined && chosen.length > 1) {
    throw new UsageError(
      `Cannot tell whose shards are meant: the configuration has ${names}`,
      "Give --source too",
    );
  }
  return chosen;
}
