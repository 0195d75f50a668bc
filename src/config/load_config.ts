import { buildConfig } from "./build_config.ts";
import { type Command, fillPlaceholders } from "./commands.ts";
import type { Config } from "./config.ts";
import { crossChecks } from "./cross_checks.ts";
import { fileChecks } from "./file_checks.ts";
import { type Grant, grantOf } from "./grant.ts";
import { parseOptions } from "./parse_options.ts";
import { type Problem, sortProblems } from "./problems.ts";
import { effectiveGroups } from "./read/effective.ts";
import { fillFromEnvironment, fillProxiesFromEnvironment } from "./read/environment.ts";
import { emptyRawConfig, type RawConfig } from "./read/raw_config.ts";
import { ReferenceReader } from "./read/references.ts";
import { type ConfigSource, readingOnce } from "./read/source.ts";
import { readYaml } from "./read/yaml.ts";
import { exposureWarnings, optionWarnings } from "./warnings.ts";

/** A configuration with the permissions that it needs. */
export interface LoadedConfig {
  /** It is valid. */
  readonly ok: true;
  /** The configuration. */
  readonly config: Config;
  /** The permissions that its command needs with it. */
  readonly grant: Grant;
  /** Secrets that are not on this machine and need not be, for `compile`: `${env:NAME} (hec.token)`. */
  readonly unknown: readonly string[];
}

/** A configuration, or everything that is wrong with it. */
export type LoadResult =
  | LoadedConfig
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Makes a configuration from a YAML text and the environment. A value in the file wins; what the file leaves out comes
 * from its variable (empty counts as not set), then from the default. Each variable and each file is read once.
 * @param given What to read. Nothing else is touched.
 * @param command What the configuration is for: options that the command does not use may be missing.
 * @returns the configuration and its grant, or all problems; never throws for what `given` contains.
 */
export function loadConfig(given: ConfigSource, command: Command = "run"): LoadResult {
  const source = readingOnce(given);
  const raw = readRawConfig(source, command);
  if (raw.unreadable) return { ok: false, problems: sortProblems(raw.problems) };
  fillPlaceholders(raw, command);
  const { options, partial, problems: wrong } = parseOptions(raw);
  const problems = [...raw.problems, ...wrong];
  const reported = new Set(problems.map(({ path }) => path));
  const further = [
    ...crossChecks(raw, partial, source.nowMs?.()),
    ...fileChecks(raw, source, command),
  ];
  problems.push(...further.filter(({ path }) => !reported.has(path)));
  if (!options || problems.length > 0) return { ok: false, problems: sortProblems(problems) };
  const warnings = [...optionWarnings(options, raw), ...exposureWarnings(raw, source, command)];
  const config = buildConfig(options, raw, warnings);
  return { ok: true, config, grant: grantOf(raw, config, command), unknown: raw.unknown };
}

function readRawConfig(source: ConfigSource, command: Command): RawConfig {
  const { text, fileName = "configuration" } = source;
  const raw = emptyRawConfig(text === undefined ? undefined : fileName);
  const references = new ReferenceReader(source, raw, command === "compile");
  if (text !== undefined) readYaml(text, raw, references);
  if (!raw.unreadable) {
    fillFromEnvironment(raw, references);
    raw.groups = effectiveGroups(raw);
    fillProxiesFromEnvironment(raw, references);
  }
  return raw;
}
