import type { ProjectAddress } from "./types/urls.ts";

/** What tells a source from others. */
export interface SourceIdentity {
  /** As it is written; empty where it is not. */
  readonly name: string;
  /** Of its project. */
  readonly address: Pick<ProjectAddress, "connectHost" | "port">;
  /** SLS project. */
  readonly project: string;
  /** SLS logstore. */
  readonly logstore: string;
  /** Its consumer group. */
  readonly consumer: { readonly group: string };
}

/**
 * What a source reads and for whom: no two sources may have the same. The vendor's Java SDK compares group names without
 * regard to case.
 */
export function identityOf({ address, project, logstore, consumer }: SourceIdentity): string {
  const { connectHost, port } = address;
  return `${connectHost}:${port}/${project}/${logstore}/${consumer.group.toLowerCase()}`;
}

/**
 * The names of sources: those that are written, else `project/logstore`, with `@group` where several have that, and with
 * `@host:port` where several have that too.
 */
export function sourceNames(sources: readonly SourceIdentity[]): string[] {
  const unnamed = sources.filter(({ name }) => name === "");
  const bases = countsOf(unnamed.map(baseOf));
  const withGroups = countsOf(unnamed.map(withGroup));
  return sources.map((source) => {
    if (source.name !== "") return source.name;
    if (bases.get(baseOf(source)) === 1) return baseOf(source);
    if (withGroups.get(withGroup(source)) === 1) return withGroup(source);
    const { connectHost, port } = source.address;
    return `${withGroup(source)}@${connectHost}:${port}`;
  });
}

function baseOf({ project, logstore }: SourceIdentity): string {
  return `${project}/${logstore}`;
}

function withGroup(source: SourceIdentity): string {
  return `${baseOf(source)}@${source.consumer.group}`;
}

function countsOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
