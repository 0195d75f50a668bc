import { formatPath, type OptionPath } from "./option_path.ts";
import type { Place, Problem } from "./problem.ts";
import type { Proxy } from "./proxy.ts";
import type { TextPart } from "./references.ts";

/** A value of the file: text, list or mapping; null where a key has none, undefined where it is broken. */
export type Tree = string | null | undefined | Tree[] | Mapping;

/** A mapping without inherited keys, so that `constructor` is a key like any other. */
export interface Mapping {
  [key: string]: Tree;
}

/** Where a value came from. */
export interface Origin {
  readonly place: Place;
  /** Where its key stands, if it has one. */
  readonly keyPlace?: Place;
  /** The references inside it: `${env:NAME}`. Their text may be secret, so it is not shown. */
  readonly references?: readonly string[];
  /** What its text was made of, if references are among it. */
  readonly parts?: readonly TextPart[];
}

/** A variable or file that the configuration looks at, with the option that asks for it. */
export interface Lookup {
  readonly kind: "env" | "file";
  readonly name: string;
  readonly path: string;
}

/** The proxy for targets with TLS and for those without; undefined where they are reached directly. */
export interface ProxyOfScheme {
  readonly https?: Proxy | undefined;
  readonly http?: Proxy | undefined;
}

/** All that was given, before anybody has looked at what it means. */
export interface Settings {
  readonly tree: Mapping;
  /** By formatted path. */
  readonly origins: Map<string, Origin>;
  readonly lookups: Lookup[];
  /** The variables that were asked in place of the file, by the formatted path of their option. */
  readonly variables: Map<string, string>;
  /** What the environment says of the legs that ask for it by `proxy: env`, whose `proxy` is then not given. */
  readonly proxies: Map<"sls" | "hec", ProxyOfScheme>;
  readonly problems: Problem[];
  /** Secrets that are not on this machine, and need not be: `${env:NAME} (hec.token)`. */
  readonly unknown: string[];
  readonly fileName: string | undefined;
  /** The text is no YAML: nothing can be said about the options. */
  unreadable: boolean;
}

/** An empty mapping. */
export function newMapping(): Mapping {
  return Object.create(null);
}

export function isMapping(tree: unknown): tree is Mapping {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree);
}

/** What stands at a path; undefined when nothing does. */
export function treeAt({ tree }: Settings, path: OptionPath): Tree {
  let at: Tree = tree;
  for (const step of path) {
    if (Array.isArray(at)) at = typeof step === "number" ? at[step] : undefined;
    else if (isMapping(at)) at = at[step];
    else return undefined;
  }
  return at;
}

/** Whether a key is there, if only with a broken value or none. */
export function isGiven(settings: Settings, path: OptionPath): boolean {
  const around = treeAt(settings, path.slice(0, -1));
  return isMapping(around) && String(path.at(-1)) in around;
}

/** The place of a value; of a missing one its variable, or with a file the nearest thing around it. */
export function placeOf(settings: Settings, path: OptionPath): Place {
  const own = settings.origins.get(formatPath(path));
  if (own) return own.place;
  const variable = settings.variables.get(formatPath(path));
  if (variable !== undefined && settings.fileName === undefined) {
    return { kind: "variable", name: variable };
  }
  for (let length = path.length - 1; length > 0; length--) {
    const around = settings.origins.get(formatPath(path.slice(0, length)));
    if (around) return around.keyPlace ?? around.place;
  }
  return { kind: "file", file: settings.fileName ?? "configuration", line: 1, column: 1 };
}
