import { UsageError } from "../base/errors.ts";
import type { Grant } from "./grant.ts";

/**
 * A grant as Deno's command line flags. A list that is empty gives no flag, so nothing of its kind is
 * allowed.
 * @throws {UsageError} if a path has a comma. Deno 2.6 takes it doubled, but 2.9.6 cuts there and
 * has no way to write it, so that other paths than the one meant would be allowed.
 */
export function grantFlags(grant: Grant): string[] {
  for (const path of [...grant.read, ...grant.write]) {
    if (!path.includes(",")) continue; // the configuration's own have none
    throw new UsageError(
      `Cannot pass the path ${
        JSON.stringify(path)
      } to Deno: Deno cuts its lists of paths at commas`,
      "Use a file or folder without a comma in its path",
    );
  }
  return [
    "--no-prompt",
    ...flag("--allow-net", grant.net),
    ...flag("--allow-read", grant.read),
    ...flag("--allow-write", grant.write),
    ...flag("--allow-env", grant.env),
    ...flag("--allow-sys", grant.sys),
    ...flag("--ignore-env", grant.ignoreEnv),
  ];
}

function flag(name: string, values: readonly string[]): string[] {
  return values.length > 0 ? [`${name}=${values.join(",")}`] : [];
}
