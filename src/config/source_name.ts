import type { Config, SourceConfig } from "./config.ts";

/** `project/logstore`, with the group where that alone does not tell sources apart. */
export function sourceName(config: Config, { project, logstore, consumer }: SourceConfig): string {
  const twins = config.sources.filter((other) =>
    other.project === project && other.logstore === logstore
  );
  return `${project}/${logstore}${twins.length > 1 ? `@${consumer.group}` : ""}`;
}
