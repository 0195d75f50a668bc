import type { Place, Problem } from "../problems.ts";
import { formatPath, type OptionPath } from "../shown.ts";
import type { TextPart } from "../reloadable_secret.ts";
import type { Proxy, WebScheme } from "../types/urls.ts";

/** A value of the file: text, list or mapping; null for a key without a value, undefined for an invalid one. */
export type Tree = string | null | undefined | Tree[] | Mapping;

/** A mapping without inherited keys, so that `constructor` is a key like any other. */
export interface Mapping {
  /** A value by its key. */
  [key: string]: Tree;
}

/** Where a value came from. */
export interface Origin {
  /** Where the value is. */
  readonly place: Place;
  /** Where its key is, if it has one. */
  readonly keyPlace?: Place;
  /** The references in it: `${env:NAME}`. Their text may be secret, so it is not shown. */
  readonly references?: readonly string[];
  /** What its text is made of, if it has references. */
  readonly parts?: readonly TextPart[];
}

/** A variable or file that the configuration reads, and why. */
export interface Lookup {
  /** Variable or file. */
  readonly kind: "env" | "file";
  /** Of the variable, or the path of the file. */
  readonly name: string;
  /** The option that needs it. */
  readonly option: OptionPath;
}

/** The proxy for targets of each scheme; undefined where they are reached directly. */
export type ProxyOfScheme = { [scheme in WebScheme]?: Proxy | undefined };

/** The groups that a source may have for itself. */
export type ServerGroup = "sls" | "hec";

/**
 * The options of one server as they apply to some sources: the top-level group with a source's own keys over it. Sources
 * without own keys share one.
 */
export interface Effective {
  /** Values as they are written; defaults are not filled in. */
  readonly tree: Mapping;
  /** The group that misses what is missing: `["sls"]` or `["sources", 1, "sls"]`. */
  readonly group: OptionPath;
  /** What is written in its place is no mapping, and reported as such. */
  readonly isInvalid: boolean;
  /** Where a value of the tree is written, or would be. */
  pathOf(path: OptionPath): OptionPath;
  /** The environment's proxies, with `proxy: env`, which is then not in the tree; set by `fillProxiesFromEnvironment`. */
  proxies: ProxyOfScheme | undefined;
}

/** What applies to each source, in the order of `sources`, and every distinct group of options. */
export interface EffectiveGroups {
  /** Of each source. */
  readonly bySource: readonly { readonly sls: Effective; readonly hec: Effective }[];
  /** Those of them that differ, each once. */
  readonly all: Readonly<Record<ServerGroup, readonly Effective[]>>;
  /** The top-level ones, which may apply to no source. */
  readonly shared: Readonly<Record<ServerGroup, Effective | undefined>>;
}

/** A configuration as it was read, before its values are parsed. */
export interface RawConfig {
  /** Values of the file and of the variables that fill its gaps. */
  readonly tree: Mapping;
  /** Where each value came from, by formatted path. */
  readonly origins: Map<string, Origin>;
  /** Every variable and file that was read, or could not be. */
  readonly lookups: Lookup[];
  /** The variables that were read for options missing in the file, by the option's formatted path. */
  readonly variables: Map<string, string>;
  /** What applies to each source of `sls` and `hec`; set by `effectiveGroups`. */
  groups: EffectiveGroups;
  /** What is wrong so far. */
  readonly problems: Problem[];
  /** Secrets that are not on this machine and need not be: `${env:NAME} (hec.token)`. */
  readonly unknown: string[];
  /** The file's name for reports; undefined without a file. */
  readonly fileName: string | undefined;
  /** The text is not YAML: nothing can be said about the options. */
  unreadable: boolean;
}

/**
 * A configuration of nothing.
 * @param fileName Of the file it is read from, if any.
 */
export function emptyRawConfig(fileName: string | undefined): RawConfig {
  return {
    tree: newMapping(),
    origins: new Map(),
    lookups: [],
    variables: new Map(),
    groups: {
      bySource: [],
      all: { sls: [], hec: [] },
      shared: { sls: undefined, hec: undefined },
    },
    problems: [],
    unknown: [],
    fileName,
    unreadable: false,
  };
}

/** An empty mapping. */
export function newMapping(): Mapping {
  return Object.create(null);
}

/** Whether a value is a mapping. */
export function isMapping(tree: unknown): tree is Mapping {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree);
}

/** The value at a path; undefined when there is none. */
export function treeAt({ tree }: { readonly tree: Mapping }, path: OptionPath): Tree {
  let at: Tree = tree;
  for (const step of path) {
    if (Array.isArray(at)) at = typeof step === "number" ? at[step] : undefined;
    else if (isMapping(at)) at = at[step];
    else return undefined;
  }
  return at;
}

/** Whether a key exists, even with an invalid value or none. */
export function isGiven(from: { readonly tree: Mapping }, path: OptionPath): boolean {
  const around = treeAt(from, path.slice(0, -1));
  return isMapping(around) && String(path.at(-1)) in around;
}

/** The place of a value; for a missing one its variable, or with a file the nearest thing around it. */
export function placeOf(raw: RawConfig, path: OptionPath): Place {
  const own = raw.origins.get(formatPath(path));
  if (own) return own.place;
  const variable = raw.variables.get(formatPath(path));
  if (variable !== undefined && raw.fileName === undefined) {
    return { kind: "variable", name: variable };
  }
  for (let length = path.length - 1; length > 0; length--) {
    const around = raw.origins.get(formatPath(path.slice(0, length)));
    if (around) return around.keyPlace ?? around.place;
  }
  return { kind: "file", file: raw.fileName ?? "configuration", line: 1, column: 1 };
}
