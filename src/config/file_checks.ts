import { describeError } from "../base/errors.ts";
import { checkKey, readCertificates } from "../base/tls_files.ts";
import type { PathUse } from "../base/usable_path.ts";
import type { ConfigSource } from "./config_source.ts";
import { formatPath, type OptionPath } from "./option_path.ts";
import type { Problem } from "./problem.ts";
import { PARTS_WITH_FILES, type Purpose } from "./purpose.ts";
import { problemAt } from "./schema_problems.ts";
import { declaredOptions } from "./schema_walk.ts";
import { placeOf, type Settings, treeAt } from "./settings.ts";

/**
 * Looks at the files and folders that a command uses: each must be there if it is only read, be of the right kind,
 * and lie within what this program may reach. A disk that is full or read-only is no problem here: what then happens
 * is the running program's affair.
 */
export function fileChecks(
  settings: Settings,
  { inspect, readFile }: ConfigSource,
  purpose: Purpose,
): Problem[] {
  if (!inspect) return [];
  const problems: Problem[] = [];
  const report = (path: OptionPath, found: string, expected: string) => {
    problems.push({ place: placeOf(settings, path), path: formatPath(path), found, expected });
  };
  const named = (...path: string[]) => {
    const text = treeAt(settings, path);
    return typeof text === "string" ? text : undefined;
  };
  for (const { access, keys, kind, default: fallback } of declaredOptions()) {
    if (!access || !PARTS_WITH_FILES[purpose].includes(keys[0]!)) continue;
    const text = named(...keys) ?? fallback;
    if (typeof text !== "string") continue;
    const use = kind === "folder" ? "folder" : access.write ? "append" : "read";
    const found = inspect(text, use);
    if (found !== undefined) report(keys, found, EXPECTED[use]);
  }
  const reported = new Set(problems.map(({ path }) => path));

  /** Reads a file that is there. @returns what it holds; undefined where something is wrong with it. */
  const read = <T>(path: OptionPath, expected: string, parse: (text: string) => T) => {
    const file = named(...path as string[]);
    if (file === undefined || reported.has(formatPath(path))) return undefined;
    try {
      return parse(readFile(file));
    } catch (error) {
      report(path, `a file that cannot be used: ${describeError(error)}`, expected);
      return undefined;
    }
  };
  if (PARTS_WITH_FILES[purpose].includes("hec")) {
    read(["hec", "tls", "ca_file"], CERTIFICATES, readCertificates);
    const [own] = read(["hec", "tls", "cert_file"], CERTIFICATES, readCertificates) ?? [];
    if (own) {
      const expected = "the PEM private key of cert_file, without a passphrase";
      read(["hec", "tls", "key_file"], expected, (text) => checkKey(own, text));
    }
  }
  read(["sls", "ca_file"], CERTIFICATES, readCertificates);
  // What else it lacks may come a moment later, and is told while the program waits for it.
  read(["sls", "credentials", "file"], "JSON with AccessKeyId and AccessKeySecret", notEmpty);
  return problems.map((problem) => withValue(settings, problem));
}

function notEmpty(text: string): void {
  if (text.trim() === "") throw new Error("it is empty");
}

const CERTIFICATES = "a PEM file with certificates";

const EXPECTED: Readonly<Record<PathUse, string>> = {
  read: "a file that this program may read",
  append: "a file that this program may make and write, in a folder that is there",
  folder: "a folder that this program may use",
};

/** The problem with the path in front of what was found there. */
function withValue(settings: Settings, problem: Problem): Problem {
  const keys = problem.path.split(".");
  const { found: value } = problemAt(settings, keys, "");
  return value === "nothing" ? problem : { ...problem, found: `${value}, ${problem.found}` };
}
