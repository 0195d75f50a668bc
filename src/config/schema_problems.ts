import { z } from "zod";
import type { Problem } from "./problems.ts";
import {
  type Effective,
  isMapping,
  placeOf,
  type RawConfig,
  type Tree,
  treeAt,
} from "./read/raw_config.ts";
import { typeNotes } from "./schema/declare.ts";
import { declaredOptions, showPath, typeAt } from "./schema/walk.ts";
import { formatPath, type OptionPath, shortText, showValue } from "./shown.ts";
import { suggestKey } from "./suggest_key.ts";

/** What the schema refuses, as problems. A value that was already reported while reading is left out. */
export function schemaProblems(
  error: z.ZodError,
  raw: RawConfig,
  group: Pick<Effective, "tree" | "pathOf"> = { tree: raw.tree, pathOf: (path) => path },
): Problem[] {
  const reported = new Set(raw.problems.map(({ path }) => path));
  const isReported = (path: OptionPath) => {
    return treeAt(group, path) === undefined && reported.has(showPath(group.pathOf(path)));
  };
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((step) => typeof step === "number" ? step : String(step));
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => unknownKey(raw, group.pathOf([...path, key])));
    }
    return isReported(path) ? [] : [problemIn(raw, group, path, issue.message)];
  });
}

/** As `problemAt`, of a value among the options that apply to a source. */
export function problemIn(
  raw: RawConfig,
  group: Pick<Effective, "tree" | "pathOf">,
  path: OptionPath,
  expected: string,
): Problem {
  const found = describeActualValue(raw, group.pathOf(path), treeAt(group, path));
  return { ...problemAt(raw, group.pathOf(path), expected), found };
}

/** A problem with the value at a path, or with its absence. */
export function problemAt(raw: RawConfig, path: OptionPath, expected: string): Problem {
  const place = placeOf(raw, path);
  const missing = treeAt(raw, path) === undefined && place.kind === "file";
  const variable = missing ? raw.variables.get(formatPath(path)) : undefined;
  return {
    place,
    path: showPath(path),
    found: describeActualValue(raw, path),
    expected: variable ? `${expected}; here or in the variable ${variable}` : expected,
  };
}

/**
 * What is at a path, in words. A value is shown only where a non-secret option is declared, and only as written: not
 * what a reference brought in.
 */
export function describeActualValue(
  raw: RawConfig,
  path: OptionPath,
  found: Tree = treeAt(raw, path),
): string {
  if (found === undefined || found === null) return "nothing";
  if (Array.isArray(found)) return found.length === 0 ? "an empty list" : "a list";
  if (isMapping(found)) return "a mapping";
  const blank = found === "" ? "an empty text" : "only whitespace";
  const isBlank = found.trim() === "";
  const references = raw.origins.get(formatPath(path))?.references;
  if (references) return `${isBlank ? blank : "a value"} from ${references.join(" and ")}`;
  const type = typeAt(path);
  const notes = type && typeNotes.get(type);
  const isSecret = notes?.secrecy === "secret" || notes?.secrecy === "hidden";
  if (!notes || isSecret) return isBlank ? blank : "a value";
  const shown = (notes.show ?? showValue)(found);
  if (shown !== undefined) return shortText(shown);
  return isBlank ? blank : "a value that is not shown, as it may be a secret";
}

function unknownKey(raw: RawConfig, here: OptionPath): Problem {
  const [path, key] = [here.slice(0, -1), String(here.at(-1))];
  const place = raw.origins.get(formatPath(here))?.keyPlace ?? placeOf(raw, here);
  const [before = ""] = key.split(":");
  if (before !== key && typeAt([...path, before]) !== undefined) {
    return {
      place,
      path: showPath([...path, before]),
      found: "no space after its colon, which makes key and value one key",
      expected: `a space there: ${before}: VALUE`,
    };
  }
  const shown = showPath(here);
  const found = shown === formatPath(here)
    ? "an unknown key"
    : "an unknown key that is not shown, as it may be a secret";
  return { place, path: shown, found, expected: expectedKey(path, key) };
}

function expectedKey(path: OptionPath, key: string): string {
  const around = typeAt(path);
  const known = around instanceof z.ZodObject ? Object.keys(around.shape) : [];
  const suggested = suggestKey(key, known);
  if (suggested !== undefined) return `${suggested} (the nearest known key)`;
  const elsewhere = declaredOptions().find(({ keys }) => keys.at(-1) === key);
  if (elsewhere) return `this key in its own place: ${elsewhere.path}`;
  return `one of: ${known.join(", ")}`;
}
