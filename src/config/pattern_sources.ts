import { globMatches } from "../base/glob.ts";
import { EVENT_OPTIONS, eventRoutes, eventValues } from "./build_events.ts";
import { present, without } from "./checked_options.ts";
import type { SourceConfig, SourcePattern } from "./config.ts";
import type { Items } from "./items.ts";
import { candidateNames, identityOf } from "./source_names.ts";

// Apart from `build_sources.ts`, as the program makes sources while it runs, and then needs no parser of options.

/** What all sources of one item of `sources` have in common. */
export type SharedOptions = Pick<SourcePattern, "options" | "address" | "sls" | "hec" | "consumer">;

/** Makes the source of a logstore. */
export function sourceOf(
  { options, address, sls, hec, consumer }: SharedOptions,
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
  { sources, patterns }: Items,
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
