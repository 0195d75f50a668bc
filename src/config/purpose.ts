import type { OptionPath } from "./option_path.ts";
import { isGiven, isMapping, type Settings, treeAt } from "./settings.ts";

/**
 * The command that a configuration is read for; `compile` stands for all of them. What it has no use for
 * may be left out.
 */
export type Purpose = "run" | "checkpoint" | "backfill" | "compile";

/** The top-level parts of the configuration whose files a command touches. */
export const PARTS_WITH_FILES: Readonly<Record<Purpose, readonly string[]>> = {
  run: ["sls", "hec", "dead_letters", "ledger", "log"],
  checkpoint: ["sls"],
  backfill: ["sls", "hec", "dead_letters", "backfill"],
  compile: ["sls", "hec", "dead_letters", "backfill", "ledger", "log"],
};

interface StandIn {
  readonly path: OptionPath;
  /** Any of these, given, makes the stand-in needless. */
  readonly insteadOf?: readonly OptionPath[];
  readonly value: string;
}

/** Stands for a secret that is not on this machine. */
export const UNKNOWN = "not-known-on-this-machine";

const OTHER_CREDENTIALS: readonly OptionPath[] = [
  ["sls", "credentials", "file"],
  ["sls", "credentials", "ecs_ram_role"],
];

/** Options that not every command needs, with what is put in their place. Nothing reads it. */
const STAND_INS: Readonly<Record<Purpose, readonly StandIn[]>> = {
  run: [],
  compile: [
    { path: ["sls", "credentials", "access_key_id"], insteadOf: OTHER_CREDENTIALS, value: UNKNOWN },
    {
      path: ["sls", "credentials", "access_key_secret"],
      insteadOf: OTHER_CREDENTIALS,
      value: UNKNOWN,
    },
    { path: ["hec", "token"], value: UNKNOWN },
  ],
  checkpoint: [
    { path: ["hec", "url"], insteadOf: [["hec", "urls"]], value: "https://not.used" },
    { path: ["hec", "token"], value: "not-used" },
  ],
  backfill: [{ path: ["consumer", "group"], value: "not-used" }],
};

/** Fills in what a command does not need and nobody has given. */
export function fillStandIns(settings: Settings, purpose: Purpose): void {
  for (const { path, insteadOf, value } of STAND_INS[purpose]) {
    const around = treeAt(settings, path.slice(0, -1));
    if (!isMapping(around)) continue; // wrong, and reported as such
    if (isGiven(settings, path) || insteadOf?.some((other) => isGiven(settings, other))) continue;
    around[path.at(-1)!] = value;
  }
}

/** Options of which nothing comes into an executable's grant. */
const SECRETS = new Set([
  "sls.credentials.access_key_id",
  "sls.credentials.access_key_secret",
  "sls.credentials.security_token",
  "hec.token",
]);
/** Options of which only the login is secret: it stands before an `@`. */
const WITH_LOGIN = new Set(["sls.proxy", "hec.proxy"]);

/**
 * Whether a reference may lead nowhere: secrets need not be on the machine that makes an executable.
 * @param path The option. @param after Its text behind the reference.
 */
export function mayBeUnknown(purpose: Purpose, path: string, after: string): boolean {
  if (purpose !== "compile") return false;
  return SECRETS.has(path) || WITH_LOGIN.has(path) && after.includes("@");
}

/**
 * Whether a text of an option holds a secret.
 * @param path The option, as it is formatted. @param text What it says in the file, or `@` for what comes from another.
 */
export function holdsSecret(path: string, text: string): boolean {
  if (WITH_LOGIN.has(path)) return text.includes("@");
  return SECRETS.has(path) && path !== "sls.credentials.access_key_id";
}
