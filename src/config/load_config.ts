import { buildConfig } from "./build_config.ts";
import type { Config } from "./config.ts";
import type { ConfigSource } from "./config_source.ts";
import { crossChecks } from "./cross_checks.ts";
import { type Problem, sortProblems } from "./problem.ts";
import { exposures } from "./exposures.ts";
import { fileChecks } from "./file_checks.ts";
import { fillStandIns, type Purpose } from "./purpose.ts";
import { readSettings } from "./read_settings.ts";
import { schema } from "./schema.ts";
import { schemaProblems } from "./schema_problems.ts";

/** A configuration, or everything that is wrong with it. */
export type LoadResult =
  | {
    readonly ok: true;
    readonly config: Config;
    /** Secrets that are not on this machine and need not be, for `compile`: `${env:NAME} (hec.token)`. */
    readonly unknown: readonly string[];
  }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Makes a configuration of a YAML text and the environment. A value in the file wins; what the file
 * leaves out is taken from its variable (empty counts as not set); then the default holds. Touches
 * nothing but what `source` hands it, and never throws for what that holds.
 * @param purpose The command that it is for; what that has no use for may be left out.
 */
export function loadConfig(source: ConfigSource, purpose: Purpose = "run"): LoadResult {
  const settings = readSettings(source, purpose);
  if (settings.unreadable) return { ok: false, problems: sortProblems(settings.problems) };
  fillStandIns(settings, purpose);
  const parsed = schema.safeParse(settings.tree);
  const problems = [...settings.problems];
  if (parsed.error) problems.push(...schemaProblems(parsed.error, settings));
  const reported = new Set(problems.map(({ path }) => path));
  const further = [
    ...crossChecks(settings, source.nowMs?.()),
    ...fileChecks(settings, source, purpose),
  ];
  problems.push(...further.filter(({ path }) => !reported.has(path)));
  if (!parsed.success || problems.length > 0) {
    return { ok: false, problems: sortProblems(problems) };
  }
  const config = buildConfig(parsed.data, settings, exposures(settings, source, purpose));
  return { ok: true, config, unknown: settings.unknown };
}
