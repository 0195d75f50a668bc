import { MAPPING } from "../schema/declare.ts";
import { problemAt } from "../schema_problems.ts";
import type { OptionPath } from "../shown.ts";
import {
  type Effective,
  type EffectiveGroups,
  isMapping,
  type Mapping,
  newMapping,
  type RawConfig,
  type ServerGroup,
  type Tree,
} from "./raw_config.ts";

/** Groups whose keys replace the inherited ones one by one; all others replace as a whole. */
const BY_KEY = ["batch", "retire"];

/** Keys that are written together: one that is written drops what is inherited of the others. */
const DROPS: Readonly<Record<ServerGroup, Readonly<Record<string, readonly string[]>>>> = {
  sls: {
    endpoint: ["region"],
    proxy: ["no_proxy"],
    no_proxy: ["proxy"],
  },
  hec: {
    url: ["urls", "token", "tls", "headers"],
    urls: ["url", "token", "tls", "headers"],
    proxy: ["no_proxy"],
    no_proxy: ["proxy"],
  },
};

/**
 * Works out which options of `sls` and `hec` apply to each source.
 * @param raw As it was read, with its variables; it gets a problem for each source whose group is not a mapping.
 */
export function effectiveGroups(raw: RawConfig): EffectiveGroups {
  const { sources } = raw.tree;
  const items = Array.isArray(sources) ? sources : [undefined];
  const shared = { sls: topLevel(raw, "sls"), hec: topLevel(raw, "hec") };
  const bySource = items.map((item, index) => ({
    sls: ofSource(raw, "sls", shared.sls, item, index),
    hec: ofSource(raw, "hec", shared.hec, item, index),
  }));
  const distinct = (group: ServerGroup) => [...new Set(bySource.map((each) => each[group]))];
  return { bySource, all: { sls: distinct("sls"), hec: distinct("hec") }, shared };
}

function topLevel(raw: RawConfig, group: ServerGroup): Effective {
  const given = raw.tree[group];
  const isInvalid = given !== undefined && given !== null && !isMapping(given);
  if (isInvalid) raw.problems.push(problemAt(raw, [group], MAPPING));
  return { ...effective(copyOf(given), [group], (path) => [group, ...path]), isInvalid };
}

function ofSource(
  raw: RawConfig,
  group: ServerGroup,
  shared: Effective,
  item: Tree,
  index: number,
): Effective {
  const own = isMapping(item) ? item[group] : undefined;
  if (own === undefined || own === null) return shared;
  const at = ["sources", index, group];
  if (!isMapping(own)) {
    raw.problems.push(problemAt(raw, at, MAPPING));
    return { ...shared, isInvalid: true };
  }
  const inherited = copyOf(raw.tree[group]);
  const keepsV4 = group === "sls" && "endpoint" in own && "region" in inherited &&
    (inherited.signature ?? "auto") === "auto" && !("signature" in own);
  for (const key of Object.keys(own)) {
    for (const dropped of DROPS[group][key] ?? []) delete inherited[dropped];
  }
  const tree = copyOf(inherited);
  for (const [key, value] of Object.entries(own)) {
    const below = inherited[key];
    tree[key] = BY_KEY.includes(key) && isMapping(below) && isMapping(value)
      ? Object.assign(copyOf(below), value)
      : value;
  }
  // A region means v4; a source of another region stays with it.
  if (keepsV4) tree.signature = "v4";
  return effective(tree, at, (path) => {
    const [first = "", second = ""] = path.map(String);
    const isShared = BY_KEY.includes(first) && first in inherited
      ? !(isMapping(own[first]) && second in own[first])
      : first in inherited && !(first in own);
    return isShared ? [group, ...path] : [...at, ...path];
  });
}

/** `proxy: none` stands for no proxy where one would be inherited. */
function effective(
  tree: Mapping,
  at: OptionPath,
  pathOf: Effective["pathOf"],
): Effective {
  if (tree.proxy === "none") {
    delete tree.proxy;
    delete tree.no_proxy;
  }
  return { tree, group: at, isInvalid: false, pathOf, proxies: undefined };
}

function copyOf(tree: Tree): Mapping {
  return Object.assign(newMapping(), isMapping(tree) ? tree : undefined);
}
