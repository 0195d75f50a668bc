import { hasWildcards } from "../base/glob.ts";
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
  const candidates = sources.map((source) =>
    source.name === "" ? candidateNames(source) : [source.name]
  );
  const unnamed = candidates.filter((names) => names.length > 1);
  const counts = countsOf(unnamed.flat());
  return candidates.map((names) => names.find((name) => counts.get(name) === 1) ?? names.at(-1)!);
}

/** The names that a source without a written one may have, in order of preference. */
export function candidateNames(
  { project, logstore, consumer, address }: Omit<SourceIdentity, "name">,
): string[] {
  const base = `${project}/${logstore}`;
  const withGroup = `${base}@${consumer.group}`;
  return [base, withGroup, `${withGroup}@${address.connectHost}:${address.port}`];
}

function countsOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Whether the logstores of a source are known only once they are listed. */
export function isPattern(logstores: readonly string[]): boolean {
  return logstores.some((logstore) => hasWildcards(logstore, "*?"));
}

/**
 * What an item of `sources` is read as: a source for each of its logstores, or one pattern.
 * @param logstores As they are written.
 * @param name As it is written.
 */
export function targetsOf(
  logstores: readonly string[],
  name: string = "",
): Pick<SourceIdentity, "name" | "logstore">[] {
  if (isPattern(logstores)) return [{ name, logstore: logstores.join(",") }];
  return logstores.map((logstore) => ({
    name: name === "" || logstores.length === 1 ? name : `${name}/${logstore}`,
    logstore,
  }));
}
