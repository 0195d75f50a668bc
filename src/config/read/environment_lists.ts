import { formatPath, type OptionPath } from "../shown.ts";
import { isMapping, type Mapping, newMapping, type RawConfig } from "./raw_config.ts";
import type { ReferenceReader } from "./references.ts";

/** Variables of several sources: `;` separates projects, and `,` the logstores of one. */
const VARIABLES = [
  { list: "SLS_ENDPOINTS", single: "SLS_ENDPOINT", keys: ["sls", "endpoint"] },
  { list: "SLS_PROJECTS", single: "SLS_PROJECT", keys: ["project"] },
  { list: "SLS_LOGSTORES", single: "SLS_LOGSTORE", keys: ["logstore"] },
] as const;

type List = typeof VARIABLES[number] & { readonly entries: readonly string[] };

/** Most entries of one list. */
const MAX_ENTRIES = 500;

/**
 * Makes sources of the variables `SLS_ENDPOINTS`, `SLS_PROJECTS` and `SLS_LOGSTORES`, for a file without `sources`.
 * @returns what the variables say of each source, in the form of the file; undefined when none of them is set.
 */
export function sourcesOfLists(
  raw: RawConfig,
  references: ReferenceReader,
): Mapping[] | undefined {
  const read = (name: string) => {
    const found = references.variable(name, ["sources"]);
    if ("value" in found) return found.value;
    return report(name, `one ${found.wrong}`, "a variable that may be read");
  };
  const report = (name: string, found: string, expected: string) => {
    const place = { kind: "variable", name } as const;
    raw.problems.push({ place, path: "sources", found, expected });
    return undefined;
  };
  const lists = VARIABLES.flatMap((variable): List[] => {
    const text = read(variable.list);
    return text === undefined
      ? []
      : [{ ...variable, entries: text.split(";").map((entry) => entry.trim()) }];
  });
  const [first] = lists;
  if (!first) return undefined;
  checkOthers();
  checkEntries();
  const shortest = Math.min(MAX_ENTRIES, ...lists.map(({ entries }) => entries.length));
  const items = Array.from({ length: shortest }, (_, index) => itemOf(index));
  if (!lists.some(({ list }) => list === "SLS_ENDPOINTS")) {
    raw.variables.set("sls.endpoint", "SLS_ENDPOINTS");
  }
  return items;

  /** Variables of one source, and an endpoint in the file, say the same in another way. */
  function checkOthers(): void {
    for (const { single, list } of VARIABLES) {
      if (read(single) === undefined) continue;
      const beside = lists.find((other) => other.list === list) ?? first!;
      report(
        beside.list,
        `${single} beside it`,
        `variables of one source or of several: ${single} or ${beside.list}`,
      );
    }
    const { sls } = raw.tree;
    const isWritten = isMapping(sls) && "endpoint" in sls &&
      raw.origins.get("sls.endpoint")?.place.kind === "file";
    if (isWritten && first!.list === "SLS_ENDPOINTS") {
      report(first!.list, "sls.endpoint of the file beside it", "only one of them");
    }
  }

  function checkEntries(): void {
    const lengths = new Set(lists.map(({ entries }) => entries.length));
    if (lengths.size > 1) {
      const counts = lists.map(({ list, entries }) => `${entries.length} in ${list}`);
      const last = lists.findLast(({ entries }) => entries.length !== first!.entries.length);
      report(
        last!.list,
        `lists of different lengths: ${counts.join(", ")}`,
        "lists of equal length: an entry for each project, with ; between them",
      );
    } else if (first!.entries.length > MAX_ENTRIES) {
      report(first!.list, `${first!.entries.length} entries`, `at most ${MAX_ENTRIES}`);
    }
    for (const { list, entries } of lists) {
      const empty = entries.findIndex((entry) =>
        entry.split(list === "SLS_LOGSTORES" ? "," : ";").some((part) => part.trim() === "")
      );
      if (empty >= 0) report(list, `nothing in entry ${empty + 1}`, "text in each entry");
    }
  }

  function itemOf(index: number): Mapping {
    const item = newMapping();
    for (const { list, keys, entries } of lists) {
      const path: OptionPath = ["sources", index, ...keys];
      const around = keys.length > 1 ? newMapping() : item;
      const [key, inner] = keys;
      if (inner !== undefined) item[key] = around;
      const entry = entries[index] ?? "";
      const parts = list === "SLS_LOGSTORES"
        ? entry.split(",").map((part) => part.trim())
        : [entry];
      around[inner ?? key] = parts.length === 1 ? parts[0] : parts;
      const origin = { place: { kind: "variable", name: list } } as const;
      raw.origins.set(formatPath(path), origin);
      raw.origins.set(formatPath(path.slice(0, 3)), origin);
      raw.origins.set(formatPath(path.slice(0, 2)), origin); // the last one remains
      parts.forEach((_, at) => raw.origins.set(formatPath([...path, at]), origin));
    }
    return item;
  }
}

/**
 * Names the lists as the place of what such a source lacks.
 * @param item As `sourcesOfLists` made it.
 * @param path Of it.
 */
export function nameLists(raw: RawConfig, item: Mapping, path: OptionPath): void {
  for (const { list, keys: [key, inner] } of VARIABLES) {
    if (inner === undefined && !(key in item)) raw.variables.set(formatPath([...path, key]), list);
  }
}
