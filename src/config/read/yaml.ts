import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from "yaml";
import type { Place } from "../problems.ts";
import { MAPPING } from "../schema/declare.ts";
import { showPath } from "../schema/walk.ts";
import { formatPath, type OptionPath } from "../shown.ts";
import { type Mapping, newMapping, type RawConfig, type Tree } from "./raw_config.ts";
import type { ReferenceReader } from "./references.ts";
import { parseYaml } from "./yaml_syntax.ts";

/** Limits of the values after aliases are followed, which can multiply them without end. */
const MAX_VALUES = 50_000;
const MAX_DEPTH = 20;

class TooLarge extends Error {
  override name = "TooLarge";
}

/** Reads YAML text into a raw configuration: values, their places, and problems of form. */
export function readYaml(text: string, raw: RawConfig, references: ReferenceReader): void {
  const document = parseYaml(text.replace(/^\uFEFF/, ""), raw.fileName ?? "");
  if (!document.ok) {
    raw.problems.push(...document.problems);
    raw.unreadable = true;
    return;
  }
  const { contents, placeAt } = document;
  const reader = new TreeReader(raw, references, placeAt);
  try {
    reader.readRoot(contents as Node | null);
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    const expected = `at most ${MAX_VALUES} values, nested at most ${MAX_DEPTH} deep`;
    const found = "too many values, perhaps through aliases";
    raw.problems.push({ place: placeAt(0), path: "", found, expected });
    raw.unreadable = true;
  }
}

class TreeReader {
  readonly #raw: RawConfig;
  readonly #references: ReferenceReader;
  readonly #placeAt: (offset: number) => Place;
  readonly #anchors = new Map<string, Node>();
  #values = 0;

  constructor(
    raw: RawConfig,
    references: ReferenceReader,
    placeAt: (offset: number) => Place,
  ) {
    this.#raw = raw;
    this.#references = references;
    this.#placeAt = placeAt;
  }

  readRoot(contents: Node | null): void {
    // An empty file, or one of comments only, leaves everything to the environment.
    if (contents === null || isNothing(contents)) return;
    if (isMap(contents)) {
      this.#remember(contents);
      this.#readMapping(contents, [], this.#raw.tree);
      return;
    }
    this.#report(contents, "", "a list or plain text", MAPPING);
    this.#raw.unreadable = true;
  }

  #readValue(node: Node | null, path: OptionPath, keyPlace?: Place): Tree {
    if (++this.#values > MAX_VALUES || path.length > MAX_DEPTH) throw new TooLarge();
    const text = formatPath(path);
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (target) return this.#readValue(target, path, keyPlace);
      return this.#report(
        node,
        showPath(path),
        "an alias that is not defined above",
        "quotes around the text",
      );
    }
    if (!node || isNothing(node)) {
      const place = node ? this.#place(node) : keyPlace;
      if (place) this.#raw.origins.set(text, { place, ...(keyPlace ? { keyPlace } : {}) });
      return null;
    }
    this.#remember(node);
    const origin = { place: this.#place(node), ...(keyPlace ? { keyPlace } : {}) };
    this.#raw.origins.set(text, origin);
    if (isMap(node)) return this.#readMapping(node, path, newMapping());
    if (isSeq(node)) {
      return node.items.map((item, index) => this.#readValue(item as Node, [...path, index]));
    }
    const expanded = this.#references.expand(String((node as Scalar).value), path);
    if (!expanded.ok) {
      for (const { found, expected } of expanded.problems) {
        this.#report(node, showPath(path), found, expected);
      }
      return undefined;
    }
    const { references, parts } = expanded;
    if (references.length > 0) this.#raw.origins.set(text, { ...origin, references, parts });
    return expanded.text;
  }

  #readMapping(map: YAMLMap, path: OptionPath, into: Mapping): Mapping {
    for (const { key, value } of map.items) {
      if (!isScalar(key) || typeof key.value !== "string" || key.value.includes("${")) {
        const at = isScalar(key) ? key : map;
        this.#report(
          at,
          showPath(path),
          "a key that is not plain text",
          "a key without references",
        );
        continue;
      }
      const here = [...path, key.value];
      if (key.value in into) {
        this.#report(key, showPath(here), "the same key a second time", "each key once");
      } else if (key.value === "__proto__") {
        this.#report(key, showPath(here), "an unknown key", "a key of the configuration");
      } else {
        this.#remember(key);
        into[key.value] = this.#readValue(value as Node | null, here, this.#place(key));
      }
    }
    return into;
  }

  #remember(node: Node): void {
    if (!isAlias(node) && node.anchor) this.#anchors.set(node.anchor, node);
  }

  #place(node: Node): Place {
    return this.#placeAt(node.range?.[0] ?? 0);
  }

  #report(node: Node, path: string, found: string, expected: string): undefined {
    this.#raw.problems.push({ place: this.#place(node), path, found, expected });
  }
}

/** A key without a value, or with one of YAML's words for none. */
function isNothing(node: Node): boolean {
  return isScalar(node) && node.type === "PLAIN" &&
    ["", "~", "null", "Null", "NULL"].includes(String(node.value));
}
