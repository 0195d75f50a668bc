import { globMatches } from "../base/glob.ts";
import { EVENT_OPTIONS, eventRoutes, eventValues } from "./build_events.ts";
import { present, without } from "./checked_options.ts";
import type { Config, HecConfig, SlsConfig, SourceConfig, SourcePattern } from "./config.ts";
import type { Options } from "./parse_options.ts";
import { overlaid } from "./schema/names.ts";
import { consumerOptions } from "./schema/sources.ts";
import { candidateNames, identityOf, isPattern, sourceNames, targetsOf } from "./source_names.ts";
import { projectAddress } from "./types/urls.ts";

/** Logstores that are left out of patterns where `exclude` is not written: those of SLS itself, and of metrics. */
const USUAL_EXCLUDE = ["internal-*", "*-metrics*"];
const USUAL_DISCOVER_INTERVAL_MS = 300_000;

/** What all sources of one item of `sources` have in common. */
type Shared = Pick<SourcePattern, "options" | "address" | "sls" | "hec" | "consumer">;

/** The sources and patterns of a configuration. */
export type Sources = Pick<Config, "sources" | "patterns">;

/**
 * Builds the sources, and the patterns of those that are not known before their logstores are listed.
 * @param file Valid options.
 * @param servers Those of each item of `sources`.
 */
export function buildSources(
  { consumer: shared, sources: items }: Options["file"],
  servers: { readonly sls: readonly SlsConfig[]; readonly hec: readonly HecConfig[] },
): Sources {
  const targets = items.flatMap((item, index) => {
    const { project, logstore: logstores, name } = item;
    const consumer = overlaid(consumerOptions, shared, item.consumer);
    const [sls, hec] = [present(servers.sls[index]), present(servers.hec[index])];
    const common: Shared = {
      options: without(item, ...ITEM_OPTIONS),
      address: projectAddress(sls.endpoint, project),
      sls,
      hec,
      consumer: { ...consumer, group: present(consumer.group) },
    };
    return targetsOf(logstores, name).map((target) => ({ ...target, project, item, common }));
  });
  const names = sourceNames(
    targets.map(({ common, ...target }) => ({ ...target, ...common })),
  );
  const sources: SourceConfig[] = [];
  const patterns: SourcePattern[] = [];
  for (const [at, { item, common, logstore, project }] of targets.entries()) {
    const name = present(names[at]);
    if (isPattern(item.logstore)) {
      patterns.push({
        ...common,
        name,
        writtenName: item.name,
        project,
        patterns: item.logstore,
        exclude: item.exclude ?? USUAL_EXCLUDE,
        discoverIntervalMs: item.discoverIntervalMs ?? USUAL_DISCOVER_INTERVAL_MS,
      });
    } else sources.push(sourceOf(common, logstore, name));
  }
  return { sources, patterns };
}

/** Options of an item that its sources do not have in common, or have in another form. */
const ITEM_OPTIONS = [
  "name",
  "logstore",
  "exclude",
  "discoverIntervalMs",
  "consumer",
  "sls",
  "hec",
] as const;

function sourceOf(
  { options, address, sls, hec, consumer }: Shared,
  logstore: string,
  name: string,
): SourceConfig {
  const names = { project: options.project, logstore };
  return {
    ...without(options, ...EVENT_OPTIONS),
    name,
    logstore,
    address,
    sls,
    hec,
    consumer,
    events: eventValues(options, names),
    routes: eventRoutes(options, names),
  };
}

/** Whether a pattern has a logstore. */
export function matchesLogstore(
  { patterns, exclude }: Pick<SourcePattern, "patterns" | "exclude">,
  logstore: string,
): boolean {
  const matches = (pattern: string) => globMatches(pattern, logstore, "*?");
  return patterns.some(matches) && !exclude.some(matches);
}

/**
 * Makes the source of a logstore that a pattern matches. Its name depends on the configuration alone, not on which other
 * logstores there are: `project/logstore`, with `@group` and `@host:port` where a source has that name, or could get it
 * from another pattern.
 * @param pattern A pattern of the configuration.
 * @param logstore The logstore's name.
 * @param known The configuration.
 */
export function patternSource(
  pattern: SourcePattern,
  logstore: string,
  { sources, patterns }: Sources,
): SourceConfig {
  const written = pattern.writtenName;
  const identity = (of: SourcePattern) => ({ ...of, logstore });
  const taken = new Set(sources.map(({ name }) => name));
  for (const other of patterns) {
    const isRival = other.writtenName === undefined && other.project === pattern.project &&
      identityOf(identity(other)) !== identityOf(identity(pattern)) &&
      matchesLogstore(other, logstore);
    if (isRival) candidateNames(identity(other)).forEach((name) => taken.add(name));
  }
  if (written !== undefined) return sourceOf(pattern, logstore, `${written}/${logstore}`);
  const candidates = candidateNames(identity(pattern));
  const name = candidates.find((name) => !taken.has(name)) ?? present(candidates.at(-1));
  return sourceOf(pattern, logstore, name);
}
