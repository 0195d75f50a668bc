import type { Config, HecConfig, SourceConfig, SourcePattern } from "./config.ts";

/** What is configured to be read. */
export type Items = Pick<Config, "sources" | "patterns">;

/** All that is configured to be read: the sources of the file, and the patterns that further sources are made of. */
export function itemsOf({ sources, patterns }: Items): readonly (SourceConfig | SourcePattern)[] {
  return [...sources, ...patterns];
}

/** The distinct options of collectors. Clients of the same collectors may have several. */
export function collectorsOf(config: Items): HecConfig[] {
  return [...new Set(itemsOf(config).map(({ hec }) => hec))];
}
