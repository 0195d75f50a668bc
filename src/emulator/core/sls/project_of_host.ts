/**
 * The project that a `Host` header names: the part before the first dot.
 *
 * A bare IP address or a name without a dot names none; if there is exactly one project, it is meant.
 * So clients that cannot put a project in front of an address still reach it. The vendor's Node SDK,
 * for example, reaches a server on 127.0.0.1 with project `127` and endpoint `0.0.1:PORT`, and gets
 * a project of that name if there is one.
 *
 * @param projects The existing projects.
 * @returns undefined if no project is named.
 */
export function projectOfHost(host: string, projects: readonly string[]): string | undefined {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  const first = name.split(".")[0]!;
  const isAddress = name.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(name);
  if (!isAddress && name.includes(".")) return first;
  if (projects.includes(first)) return first;
  return projects.length === 1 ? projects[0] : undefined;
}
