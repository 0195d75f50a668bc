import { present, without } from "./checked_options.ts";
import type { HecConfig, SlsConfig, SourceConfig, SourcePattern } from "./config.ts";
import type { Options } from "./parse_options.ts";
import { overlaid } from "./schema/names.ts";
import { consumerOptions } from "./schema/sources.ts";
import type { Items } from "./items.ts";
import { type SharedOptions, sourceOf } from "./pattern_sources.ts";
import { isPattern, sourceNames, targetsOf } from "./source_names.ts";
import { projectAddress } from "./types/urls.ts";

/** Logstores that are left out of patterns where `exclude` is not written: those of SLS itself, and of metrics. */
const USUAL_EXCLUDE = ["internal-*", "*-metrics*"];
const USUAL_DISCOVER_INTERVAL_MS = 300_000;

/**
 * Builds the sources, and the patterns of those that are not known before their logstores are listed.
 * @param file Valid options.
 * @param servers Those of each item of `sources`.
 */
export function buildSources(
  { consumer: shared, sources: items }: Options["file"],
  servers: { readonly sls: readonly SlsConfig[]; readonly hec: readonly HecConfig[] },
): Items {
  const targets = items.flatMap((item, index) => {
    const { project, logstore: logstores, name } = item;
    const consumer = overlaid(consumerOptions, shared, item.consumer);
    const [sls, hec] = [present(servers.sls[index]), present(servers.hec[index])];
    const common: SharedOptions = {
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
