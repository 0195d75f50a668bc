import { z } from "zod";
import { describeFound } from "./found.ts";
import { nearestKey } from "./nearest_key.ts";
import { formatPath, type OptionPath } from "./option_path.ts";
import type { Problem } from "./problem.ts";
import { declaredOptions, showPath, typeAt } from "./schema_walk.ts";
import { placeOf, type Settings, treeAt } from "./settings.ts";

/** What the schema refused, as problems. A value that reading has reported as broken is left out. */
export function schemaProblems(error: z.ZodError, settings: Settings): Problem[] {
  const reported = new Set(settings.problems.map(({ path }) => path));
  const isKnown = (path: OptionPath) => {
    return treeAt(settings, path) === undefined && reported.has(showPath(path));
  };
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((step) => typeof step === "number" ? step : String(step));
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => unknownKey(settings, path, key));
    }
    return isKnown(path) ? [] : [problemAt(settings, path, issue.message)];
  });
}

/** A problem with the value at a path, or with its absence. */
export function problemAt(settings: Settings, path: OptionPath, expected: string): Problem {
  const place = placeOf(settings, path);
  const missing = treeAt(settings, path) === undefined && place.kind === "file";
  const variable = missing ? settings.variables.get(formatPath(path)) : undefined;
  return {
    place,
    path: showPath(path),
    found: describeFound(settings, path),
    expected: variable ? `${expected}; here or in the variable ${variable}` : expected,
  };
}

function unknownKey(settings: Settings, path: OptionPath, key: string): Problem {
  const here = [...path, key];
  const origin = settings.origins.get(formatPath(here));
  const place = origin?.keyPlace ?? placeOf(settings, here);
  const [before = ""] = key.split(":");
  if (before !== key && typeAt([...path, before]) !== undefined) {
    return {
      place,
      path: showPath([...path, before]),
      found: "no blank behind its colon, which makes one key of the key and its value",
      expected: `a blank there: ${before}: VALUE`,
    };
  }
  const shown = showPath(here);
  const found = shown === formatPath(here)
    ? "an unknown key"
    : "an unknown key that is not shown, as it may be a secret";
  return { place, path: shown, found, expected: meantKey(path, key) };
}

function meantKey(path: OptionPath, key: string): string {
  const around = typeAt(path);
  const known = around instanceof z.ZodObject ? Object.keys(around.shape) : [];
  const nearest = nearestKey(key, known);
  if (nearest !== undefined) return `${nearest} (the nearest known key)`;
  const elsewhere = declaredOptions().find(({ keys }) => keys.at(-1) === key);
  if (elsewhere) return `this key at its own place: ${elsewhere.path}`;
  return `one of: ${known.join(", ")}`;
}
