import { isOwnStream } from "../base/plain_file.ts";
import { PROXY_VARIABLES, UNSAFE_VARIABLE_NAMES } from "../base/runtime_variables.ts";
import { textTable } from "../base/text_table.ts";
import { UsageError } from "../base/errors.ts";
import { hecHosts, slsHosts } from "./data_plane_hosts.ts";
import { type Command, usedFiles } from "./commands.ts";
import type { Config } from "./config.ts";
import { credentialHosts } from "./credential_hosts.ts";
import { itemsOf } from "./items.ts";
import type { RawConfig } from "./read/raw_config.ts";
import { formatPath } from "./shown.ts";

/** Kinds of permission that a configuration needs. */
export type Permission = "net" | "read" | "write" | "env" | "sys";

const PERMISSIONS: readonly Permission[] = ["net", "read", "write", "env", "sys"];

/** Why one value is granted. */
export interface GrantReason {
  /** The kind of permission. */
  readonly permission: Permission;
  /** What is granted: a host, path, variable or kind of system information. */
  readonly value: string;
  /** The options that need it, or its use. */
  readonly reason: string;
}

/** Everything that a configuration needs from Deno, and nothing else. Each value is listed once. */
export interface Grant {
  /** `host:port`, IPv6 in brackets. */
  readonly net: readonly string[];
  /** Paths that are read. */
  readonly read: readonly string[];
  /** Paths that are written. */
  readonly write: readonly string[];
  /** Variables that are read. */
  readonly env: readonly string[];
  /** Kinds of system information. */
  readonly sys: readonly string[];
  /** Variables that a library reads; Deno reports them as not set. */
  readonly ignoreEnv: readonly string[];
  /** One entry for each value above except those of `ignoreEnv`, in the order above. */
  readonly why: readonly GrantReason[];
}

/** The commands that join a consumer group. */
const COMMANDS_WITH_CONSUMERS: readonly Command[] = ["run", "compile"];

/** The YAML parser reads these two. */
const IGNORED_VARIABLES = ["LOG_TOKENS", "LOG_STREAM"];

/**
 * The permissions that a command needs with a configuration.
 * @param raw The configuration as it was read: it records which variables and files were read.
 * @param config The same, built.
 * @param command What it is for.
 */
export function grantOf(raw: RawConfig, config: Config, command: Command): Grant {
  const given = new Map<string, { permission: Permission; value: string; reasons: Set<string> }>();
  const give = (permission: Permission, value: string, reason: string) => {
    const key = `${permission} ${value}`;
    const known = given.get(key) ?? { permission, value, reasons: new Set() };
    known.reasons.add(reason);
    given.set(key, known);
  };
  for (const { host, reason } of slsHosts(config)) give("net", host, reason);
  for (const { host, reason } of credentialHosts(config)) give("net", host, reason);
  if (command !== "checkpoint") {
    for (const { host, reason } of hecHosts(config)) give("net", host, reason);
  }
  if (raw.fileName !== undefined) give("read", raw.fileName, "the configuration");
  for (const { kind, name, option } of raw.lookups) {
    give(kind === "env" ? "env" : "read", name, formatPath(option));
  }
  for (const name of PROXY_VARIABLES) {
    give("env", name, "removed, so that Deno uses no proxy on its own");
  }
  if (command === "compile") { // `start` does not pass these on
    for (const name of UNSAFE_VARIABLE_NAMES) give("env", name, "checked for, to warn about it");
  }
  for (const { path, name, access } of usedFiles(raw, command)) {
    if (isOwnStream(name)) continue; // not opened
    const backups = access.withBackups ? config.log.backups : 0;
    for (const file of [name, ...Array.from({ length: backups }, (_, i) => `${name}.${i + 1}`)]) {
      if (access.read) give("read", file, formatPath(path));
      if (access.write) give("write", file, formatPath(path));
    }
  }
  const needsName = itemsOf(config).some(({ consumer }) => consumer.name === undefined);
  if (needsName && COMMANDS_WITH_CONSUMERS.includes(command)) {
    give("sys", "hostname", "generated consumer names");
  }
  const why = PERMISSIONS.flatMap((wanted) =>
    [...given.values()].filter(({ permission }) => permission === wanted)
      .map(({ permission, value, reasons }) => {
        return { permission, value, reason: [...reasons].join(", ") };
      })
  );
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

/**
 * A grant as Deno's command line flags. An empty list gives no flag, so nothing of its kind is allowed.
 * @throws {UsageError} if a path has a comma. Deno 2.6 accepts it doubled, but 2.9.6 splits there and has no way to
 * write it: other paths than the one meant would be allowed.
 */
export function grantFlags(grant: Grant): string[] {
  for (const path of [...grant.read, ...grant.write]) {
    if (!path.includes(",")) continue; // paths of the configuration have none
    throw new UsageError(
      `Cannot pass the path ${
        JSON.stringify(path)
      } to Deno: Deno splits its lists of paths at commas`,
      "Use a file or folder without a comma in its path",
    );
  }
  const flag = (name: string, values: readonly string[]) => {
    return values.length > 0 ? [`${name}=${values.join(",")}`] : [];
  };
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

/** A grant for people: what is allowed and why, and that nothing else is. */
export function grantTable({ why, ignoreEnv }: Grant): string {
  const rows = why.map(({ permission, value, reason }) => [permission, value, reason]);
  const ignored = ignoreEnv.map((name) => {
    return ["env", name, "read by a library; reported as not set"];
  });
  const table = textTable([["Permission", "Value", "For"], ...rows, ...ignored]);
  return `${table}\nEverything else is denied: other hosts, files and variables, programs, native code`;
}
