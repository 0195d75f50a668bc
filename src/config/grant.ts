import { isOwnStream } from "../base/plain_file.ts";
import { PROXY_VARIABLES, UNDOING_NAMES } from "../base/runtime_variables.ts";
import type { Config } from "./config.ts";
import type { ConfigSource } from "./config_source.ts";
import { PARTS_WITH_FILES, type Purpose } from "./purpose.ts";
import { hecHosts, slsHosts } from "./reached_hosts.ts";
import { readSettings } from "./read_settings.ts";
import { declaredOptions } from "./schema_walk.ts";
import { type Settings, treeAt } from "./settings.ts";

const PERMISSIONS = ["net", "read", "write", "env", "sys"] as const;

/** Kinds of permission that a configuration asks for. */
export type Permission = typeof PERMISSIONS[number];

/** Why one value is granted. */
export interface GrantReason {
  readonly permission: Permission;
  readonly value: string;
  /** The options that need it, or what it serves. */
  readonly reason: string;
}

/** Everything that a configuration needs from Deno, and nothing else. No value stands twice. */
export interface Grant {
  /** `host:port`, IPv6 in brackets. */
  readonly net: readonly string[];
  readonly read: readonly string[];
  readonly write: readonly string[];
  readonly env: readonly string[];
  readonly sys: readonly string[];
  /** Variables that a library asks for and is told are not set. */
  readonly ignoreEnv: readonly string[];
  /** One entry for each value above but those of `ignoreEnv`, in the order above. */
  readonly why: readonly GrantReason[];
}

/** The commands that join a consumer group. */
const NAMES_CONSUMERS = new Set<Purpose>(["run", "compile"]);

/** The YAML parser asks for these two when it parses. */
const IGNORED_VARIABLES = ["LOG_TOKENS", "LOG_STREAM"];

/**
 * The permissions that a command needs with a configuration.
 * @param source What the configuration was made of: it says which variables and files are looked at.
 * @param config The same, loaded.
 */
export function grantOf(source: ConfigSource, config: Config, purpose: Purpose = "run"): Grant {
  const settings = readSettings(source, purpose);
  const given = new Map<string, { permission: Permission; value: string; reasons: Set<string> }>();
  const give: Give = (permission, value, reason) => {
    const key = `${permission} ${value}`;
    const known = given.get(key) ?? { permission, value, reasons: new Set() };
    known.reasons.add(reason);
    given.set(key, known);
  };
  for (const { host, reason } of slsHosts(config)) give("net", host, reason);
  const { credentials } = config.sls;
  if (credentials.from === "ecs_ram_role") {
    give("net", credentials.metadataHost, "sls.credentials.ecs_ram_role");
  }
  if (purpose !== "checkpoint") {
    for (const { host, reason } of hecHosts(config)) give("net", host, reason);
  }
  if (source.fileName !== undefined) give("read", source.fileName, "the configuration");
  giveLookups(settings, give);
  for (const name of PROXY_VARIABLES) {
    give("env", name, "taken away, so that Deno uses no proxy unasked");
  }
  if (purpose === "compile") { // `start` hands none of them on
    for (const name of UNDOING_NAMES) give("env", name, "looked for, to warn of it");
  }
  giveFiles(settings, config, purpose, give);
  if (
    NAMES_CONSUMERS.has(purpose) &&
    config.sources.some(({ consumer }) => consumer.name === undefined)
  ) {
    give("sys", "hostname", "consumer names made at run time");
  }
  const entries = [...given.values()];
  const why = PERMISSIONS.flatMap((wanted) => {
    return entries.filter(({ permission }) => permission === wanted)
      .map(({ permission, value, reasons }) => {
        return { permission, value, reason: [...reasons].join(", ") };
      });
  });
  const valuesOf = (wanted: Permission) => {
    return why.filter(({ permission }) => permission === wanted).map(({ value }) => value);
  };
  const env = valuesOf("env");
  return {
    net: valuesOf("net"),
    read: valuesOf("read"),
    write: valuesOf("write"),
    env,
    sys: valuesOf("sys"),
    ignoreEnv: IGNORED_VARIABLES.filter((name) => !env.includes(name)),
    why,
  };
}

type Give = (permission: Permission, value: string, reason: string) => void;

function giveLookups({ lookups }: Settings, give: Give): void {
  for (const { kind, name, path } of lookups) give(kind === "env" ? "env" : "read", name, path);
}

function giveFiles(settings: Settings, { log }: Config, purpose: Purpose, give: Give): void {
  for (const { access, keys, path, default: fallback } of declaredOptions()) {
    if (!PARTS_WITH_FILES[purpose].includes(keys[0]!)) continue;
    const named = access && (treeAt(settings, keys) ?? fallback);
    if (!access || typeof named !== "string") continue;
    if (isOwnStream(named)) continue; // nothing is opened for it
    const older = access.withBackups ? log.backups : 0;
    const values = [named, ...Array.from({ length: older }, (_, i) => `${named}.${i + 1}`)];
    for (const value of values) {
      if (access.read) give("read", value, path);
      if (access.write) give("write", value, path);
    }
  }
}
