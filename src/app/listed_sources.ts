import type { FileDeps } from "./deps.ts";
import { belongsTo } from "./discovery.ts";
import { openSls, OPERATOR_TRIES, retrySls } from "./open_sls.ts";
import type { Config, SourceConfig, SourcePattern } from "../config/config.ts";
import { patternSource } from "../config/pattern_sources.ts";

/** A source that a command may be about. */
export interface ListedSource {
  readonly source: SourceConfig;
  /** Name of the pattern that it is of; undefined for a source of the file. */
  readonly pattern: string | undefined;
}

/**
 * The sources that a command may be about: those of the file, and those that patterns match now. Logstores are listed
 * only where that is needed to find what is wanted.
 * @param wanted Name of a source or of a pattern; undefined for all.
 * @throws the last failure of a list, or the reason of `stop`.
 */
export async function listedSources(
  config: Config,
  wanted: string | undefined,
  deps: FileDeps,
  stop: AbortSignal,
): Promise<ListedSource[]> {
  const listed: ListedSource[] = config.sources.map((source) => ({ source, pattern: undefined }));
  if (listed.some(({ source }) => source.name === wanted)) return listed;
  const named = config.patterns.filter(({ name }) => name === wanted);
  using sls = openSls(deps);
  for (const pattern of named.length > 0 ? named : config.patterns) {
    const logstores = sls.logstoresOf(pattern);
    const isWanted = (logstore: string) => belongsTo(config, pattern, logstore);
    const names = await retrySls(
      deps,
      { about: `${pattern.name}: list the logstores`, tries: OPERATOR_TRIES },
      stop,
      (signal) => logstores.names(isWanted, signal),
    );
    listed.push(...names.sort().map((logstore) => sourceOf(config, pattern, logstore)));
  }
  return listed;
}

function sourceOf(config: Config, pattern: SourcePattern, logstore: string): ListedSource {
  return { source: patternSource(pattern, logstore, config), pattern: pattern.name };
}

/**
 * The source of that name, which the file has, or which one of its patterns can have. No logstores are listed.
 * @returns undefined when there is none.
 */
export function sourceNamed(config: Config, name: string): SourceConfig | undefined {
  const known = config.sources.find((source) => source.name === name);
  if (known) return known;
  for (const pattern of config.patterns) {
    const prefix = `${pattern.writtenName ?? pattern.project}/`;
    if (!name.startsWith(prefix)) continue;
    const [logstore = ""] = name.slice(prefix.length).split("@");
    if (!belongsTo(config, pattern, logstore)) continue;
    const source = patternSource(pattern, logstore, config);
    if (source.name === name) return source;
  }
  return undefined;
}
