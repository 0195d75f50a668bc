import type { z } from "zod";
import {
  bareType,
  isOptionGroup,
  isOptionList,
  type OptionNotes,
  optionNotes,
} from "../schema/declare.ts";
import { schema } from "../schema/schema.ts";
import { oidcOptions } from "../schema/sls.ts";
import { formatPath, type OptionPath, shortText } from "../shown.ts";
import { parseProxy, type Proxy, PROXY_EXPECTED, showUrl, type WebScheme } from "../types/urls.ts";
import {
  isMapping,
  type Mapping,
  newMapping,
  type ProxyOfScheme,
  type RawConfig,
  type Tree,
  treeAt,
} from "./raw_config.ts";
import { nameLists, sourcesOfLists } from "./environment_lists.ts";
import type { ReferenceReader } from "./references.ts";

/**
 * Fills options that are missing in the file from their variables. The variables of a source are read only when the
 * file has no `sources` at all: then they make the one source, or several if they are lists.
 */
export function fillFromEnvironment(raw: RawConfig, references: ReferenceReader): void {
  fillMapping(schema, raw.tree, []);

  function fillMapping(type: z.ZodObject, mapping: Mapping, path: OptionPath): void {
    for (const [key, child] of Object.entries(type.shape)) {
      const option = bareType(child as z.ZodType);
      const here = [...path, key];
      const notes = optionNotes.get(option);
      if (isOptionGroup(child as z.ZodType)) fillGroup(option as z.ZodObject, mapping, key, here);
      else if (notes?.isOptionalGroup) {
        if (notes.word !== undefined && mapping[key] === notes.word) mapping[key] = newMapping();
        if (isMapping(mapping[key])) fillMapping(option as z.ZodObject, mapping[key], here);
      } else if (isOptionList(option)) {
        if (key in mapping) {
          fillOidcOfSources(mapping[key]);
          continue;
        }
        const listed = sourcesOfLists(raw, references);
        const items = listed ?? [newMapping()];
        mapping[key] = items;
        for (const [index, item] of items.entries()) {
          if (!listed) fillMapping(option.element, item, [...here, index]);
          else fillListed(option.element, item, [...here, index]);
        }
      } else if (notes?.env) fillOption(mapping, key, here, notes);
    }
  }

  /** A source that several variables list has the others' values as one source has them. */
  function fillListed(type: z.ZodObject, item: Mapping, path: OptionPath): void {
    fillMapping(type.omit({ project: true, logstore: true }), item, path);
    nameLists(raw, item, path);
  }

  /** Of a source's own options, only those that ask for variables by a word have some. */
  function fillOidcOfSources(sources: Tree): void {
    if (!Array.isArray(sources)) return;
    for (const [index, source] of sources.entries()) {
      const path = ["sources", index, "sls", "credentials"];
      const credentials = treeAt({ tree: raw.tree }, path);
      if (!isMapping(source) || !isMapping(credentials) || credentials.oidc !== "auto") continue;
      credentials.oidc = newMapping();
      fillMapping(oidcOptions, credentials.oidc, [...path, "oidc"]);
    }
  }

  function fillGroup(type: z.ZodObject, mapping: Mapping, key: string, path: OptionPath): void {
    // A group with nothing under its key, or only comments, is an empty one.
    const given = mapping[key] === null || !(key in mapping) ? newMapping() : mapping[key];
    if (!isMapping(given)) return; // invalid, and reported as such
    fillMapping(type, given, path);
    mapping[key] = given;
  }

  function fillOption(
    mapping: Mapping,
    key: string,
    path: OptionPath,
    { env: name = "", insteadOf = [] }: OptionNotes,
  ): void {
    if (key in mapping || insteadOf.some((other) => other in mapping)) return;
    const text = formatPath(path);
    raw.variables.set(text, name);
    const read = references.variable(name, path);
    const place = { kind: "variable", name } as const;
    if ("wrong" in read) {
      const expected = "a variable that may be read";
      raw.problems.push({ place, path: text, found: `one ${read.wrong}`, expected });
      mapping[key] = undefined;
    } else if (read.value !== undefined) {
      mapping[key] = read.value;
      raw.origins.set(text, { place });
    }
  }
}

/**
 * Reads the environment's proxies for each side with `proxy: env`: for each of its targets `HTTPS_PROXY` or
 * `HTTP_PROXY` by the target's own scheme, else `ALL_PROXY`; and `NO_PROXY`, unless `no_proxy` is given. Without such
 * a variable the target is reached directly.
 */
export function fillProxiesFromEnvironment(raw: RawConfig, references: ReferenceReader): void {
  for (const group of [...raw.groups.all.sls, ...raw.groups.all.hec]) {
    const { tree, pathOf } = group;
    if (tree.proxy !== "env") continue;
    delete tree.proxy;
    const proxies: ProxyOfScheme = {};
    for (const scheme of new Set(targetsOf(tree).map(schemeOf))) {
      const names = [`${scheme.toUpperCase()}_PROXY`, "ALL_PROXY"];
      proxies[scheme] = proxyFor(names, pathOf(["proxy"]));
    }
    group.proxies = proxies;
    if (!("no_proxy" in tree)) fillHosts(tree, pathOf(["no_proxy"]));
  }

  function proxyFor(names: readonly string[], path: OptionPath): Proxy | undefined {
    const given = firstSet(names, path);
    if (!given) return undefined;
    const proxy = parseProxy(given.text.includes("://") ? given.text : `http://${given.text}`);
    if (proxy) return proxy;
    raw.problems.push({
      place: { kind: "variable", name: given.name },
      path: formatPath(path),
      found: shortText(showUrl(given.text)),
      expected: PROXY_EXPECTED,
    });
    return undefined;
  }

  function fillHosts(tree: Mapping, path: OptionPath): void {
    const given = firstSet(["NO_PROXY"], path);
    if (!given) return;
    tree.no_proxy = given.text;
    raw.origins.set(formatPath(path), { place: { kind: "variable", name: given.name } });
  }

  function firstSet(
    names: readonly string[],
    path: OptionPath,
  ): { name: string; text: string } | undefined {
    for (const name of names.flatMap((name) => [name, name.toLowerCase()])) {
      const read = references.variable(name, path);
      // One that may not be read is a missing permission, reported with all of those.
      if ("value" in read && read.value !== undefined) return { name, text: read.value };
    }
    return undefined;
  }
}

function targetsOf({ endpoint, url, urls }: Mapping): unknown[] {
  if (endpoint !== undefined || url !== undefined) return [endpoint ?? url];
  return Array.isArray(urls) ? urls : [];
}

/** An endpoint without a scheme is reached with TLS. */
function schemeOf(target: unknown): WebScheme {
  return typeof target === "string" && /^http:/i.test(target) ? "http" : "https";
}
