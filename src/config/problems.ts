import { printableLine } from "../base/printable.ts";

/** Where a problem is: a place in the file, or the environment variable to look at. */
export type Place =
  | { readonly kind: "file"; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: "variable"; readonly name: string };

/** One thing that is wrong with a configuration. Contains no secret. */
export interface Problem {
  /** Where it is. */
  readonly place: Place;
  /** The option, such as `sources[1].index`; empty for the file as a whole. */
  readonly path: string;
  /** What is there. */
  readonly found: string;
  /** What may be there. */
  readonly expected: string;
}

/** Problems beyond this number are counted only. */
const MAX_SHOWN = 100;

/** The problems in the order of the file, then those of variables, each once. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const once = new Map(problems.map((problem) => [formatProblem(problem), problem]));
  return [...once.values()].sort((a, b) => lineOf(a) - lineOf(b) || columnOf(a) - columnOf(b));
}

/** The whole report, one line a problem: place, option, what was found, what is expected. */
export function formatProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = problems.slice(0, MAX_SHOWN).map((problem) => `  ${formatProblem(problem)}`);
  if (problems.length > MAX_SHOWN) lines.push(`  and ${problems.length - MAX_SHOWN} more`);
  return [`Cannot use the configuration: ${count}`, ...lines].join("\n");
}

function formatProblem({ place, path, found, expected }: Problem): string {
  const where = formatPlace(place);
  return printableLine(`${where}: ${path ? `${path}: ` : ""}found ${found}; expected ${expected}`);
}

/** `sls2hec.yaml:7:12`, or `variable SLS_REGION`. */
export function formatPlace(place: Place): string {
  return place.kind === "file"
    ? `${place.file}:${place.line}:${place.column}`
    : `variable ${place.name}`;
}

function lineOf({ place }: Problem): number {
  return place.kind === "file" ? place.line : Number.MAX_SAFE_INTEGER;
}

function columnOf({ place }: Problem): number {
  return place.kind === "file" ? place.column : 0;
}
