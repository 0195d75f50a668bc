import { describeError } from "../base/errors.ts";
import { checkKey, readCertificates } from "../base/tls_files.ts";
import type { PathUse } from "../base/usable_path.ts";
import { type Command, usedFiles } from "./commands.ts";
import type { Problem } from "./problems.ts";
import { placeOf, type RawConfig, treeAt } from "./read/raw_config.ts";
import type { ConfigSource } from "./read/source.ts";
import { describeActualValue } from "./schema_problems.ts";
import { formatPath, type OptionPath } from "./shown.ts";

/**
 * Checks the files and folders that a command uses: each must exist if it is only read, be of the right kind, and be
 * within this program's permissions. A full or read-only disk is not a problem here: the running program handles it.
 */
export function fileChecks(
  raw: RawConfig,
  { inspect, readFile }: ConfigSource,
  command: Command,
): Problem[] {
  if (!inspect) return [];
  const problems: Problem[] = [];
  const report = (path: OptionPath, found: string, expected: string) => {
    const value = describeActualValue(raw, path);
    problems.push({
      place: placeOf(raw, path),
      path: formatPath(path),
      found: value === "nothing" ? found : `${value}, ${found}`,
      expected,
    });
  };
  const usable = new Set<string>();
  for (const { path, name, isFolder, access } of usedFiles(raw, command)) {
    const use = isFolder ? "folder" : access.write ? "append" : "read";
    const found = inspect(name, use);
    if (found !== undefined) report(path, found, EXPECTED[use]);
    else usable.add(formatPath(path));
  }

  /**
   * @returns what a usable file contains; undefined when it is not given, or something is wrong with it.
   */
  const read = <T>(path: OptionPath, expected: string, parse: (text: string) => T) => {
    const file = treeAt(raw, path);
    if (typeof file !== "string" || !usable.has(formatPath(path))) return undefined;
    try {
      return parse(readFile(file));
    } catch (error) {
      report(path, `a file that cannot be used: ${describeError(error)}`, expected);
      return undefined;
    }
  };
  for (const { pathOf } of raw.groups.all.hec) {
    read(pathOf(["tls", "ca_file"]), CERTIFICATES, readCertificates);
    const [own] = read(pathOf(["tls", "cert_file"]), CERTIFICATES, readCertificates) ?? [];
    if (!own) continue;
    const expected = "the PEM private key of cert_file, without a passphrase";
    read(pathOf(["tls", "key_file"]), expected, (text) => checkKey(own, text));
  }
  for (const { pathOf } of raw.groups.all.sls) {
    read(pathOf(["ca_file"]), CERTIFICATES, readCertificates);
    // Its content is checked when it is used: it may be written a moment later, and the program waits for it.
    const expected = "JSON with AccessKeyId and AccessKeySecret";
    read(pathOf(["credentials", "file"]), expected, notEmpty);
  }
  return problems;
}

function notEmpty(text: string): void {
  if (text.trim() === "") throw new Error("it is empty");
}

const CERTIFICATES = "a PEM file with certificates";

const EXPECTED: Readonly<Record<PathUse, string>> = {
  read: "a file that this program may read",
  append: "a file that this program may create and write, in a folder that exists",
  folder: "a folder that this program may use",
};
