import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from "yaml";
import { formatPath, type OptionPath } from "./option_path.ts";
import type { Place, Problem } from "./problem.ts";
import type { ReferenceReader } from "./reference_reader.ts";
import { showPath } from "./schema_walk.ts";
import { newMapping, type Settings, type Tree } from "./settings.ts";
import { parseYaml } from "./yaml_document.ts";

/** Aliases can multiply values without end; these bounds hold for what they come to. */
const MOST_VALUES = 50_000;
const DEEPEST = 20;

class TooLarge extends Error {
  override name = "TooLarge";
}

/** Reads YAML text into `settings`: values, their places, and problems of form. */
export function readYaml(text: string, settings: Settings, references: ReferenceReader): void {
  const document = parseYaml(text.replace(/^\uFEFF/, ""), settings.fileName ?? "");
  if (!document.ok) {
    settings.problems.push(...document.problems);
    settings.unreadable = true;
    return;
  }
  const { contents, placeAt } = document;
  const reader = new TreeReader(settings, references, placeAt);
  try {
    reader.readRoot(contents as Node | null);
  } catch (error) {
    if (!(error instanceof TooLarge)) throw error;
    const expected = `at most ${MOST_VALUES} values, nested at most ${DEEPEST} deep`;
    const found = "more values than that, perhaps through aliases";
    settings.problems.push({ place: placeAt(0), path: "", found, expected });
    settings.unreadable = true;
  }
}

class TreeReader {
  readonly #settings: Settings;
  readonly #references: ReferenceReader;
  readonly #placeAt: (offset: number) => Place;
  readonly #anchors = new Map<string, Node>();
  #values = 0;

  constructor(
    settings: Settings,
    references: ReferenceReader,
    placeAt: (offset: number) => Place,
  ) {
    this.#settings = settings;
    this.#references = references;
    this.#placeAt = placeAt;
  }

  readRoot(contents: Node | null): void {
    // An empty file, or one of comments only, leaves everything to the environment.
    if (contents === null || isNothing(contents)) return;
    if (isMap(contents)) {
      this.#remember(contents);
      this.#readMapping(contents, [], this.#settings.tree);
      return;
    }
    this.#report(contents, "", "a list or plain text", "a mapping of options");
    this.#settings.unreadable = true;
  }

  #readValue(node: Node | null, path: OptionPath, keyPlace?: Place): Tree {
    if (++this.#values > MOST_VALUES || path.length > DEEPEST) throw new TooLarge();
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
      if (place) this.#settings.origins.set(text, { place, ...(keyPlace ? { keyPlace } : {}) });
      return null;
    }
    this.#remember(node);
    const origin = { place: this.#place(node), ...(keyPlace ? { keyPlace } : {}) };
    this.#settings.origins.set(text, origin);
    if (isMap(node)) return this.#readMapping(node, path, newMapping());
    if (isSeq(node)) {
      return node.items.map((item, index) => this.#readValue(item as Node, [...path, index]));
    }
    const expanded = this.#references.expand(String((node as Scalar).value), text);
    if (!expanded.ok) {
      for (const { found, expected } of expanded.problems) {
        this.#report(node, showPath(path), found, expected);
      }
      return undefined;
    }
    const { references, parts } = expanded;
    if (references.length > 0) this.#settings.origins.set(text, { ...origin, references, parts });
    return expanded.text;
  }

  #readMapping(map: YAMLMap, path: OptionPath, into: ReturnType<typeof newMapping>) {
    for (const { key, value } of map.items) {
      if (!isScalar(key) || typeof key.value !== "string" || key.value.includes("${")) {
        const at = isScalar(key) ? key : map;
        this.#report(
          at,
          showPath(path),
          "a key that is no plain text",
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
    const problem: Problem = { place: this.#place(node), path, found, expected };
    this.#settings.problems.push(problem);
  }
}

/** A key without a value, or with one of YAML's words for none. */
function isNothing(node: Node): boolean {
  return isScalar(node) && node.type === "PLAIN" &&
    ["", "~", "null", "Null", "NULL"].includes(String(node.value));
}
