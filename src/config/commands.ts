import { type Effective, isGiven, isMapping, type RawConfig, treeAt } from "./read/raw_config.ts";
import { UNKNOWN } from "./read/references.ts";
import type { FileAccess } from "./schema/declare.ts";
import { INSTEAD_OF_KEY_PAIR } from "./schema/sls.ts";
import { declaredOptions } from "./schema/walk.ts";
import type { OptionPath } from "./shown.ts";

/**
 * The command that a configuration is read for; `compile` stands for all of them. Options that the command does not use
 * may be missing.
 */
export type Command = "run" | "checkpoint" | "backfill" | "compile";

/** The top-level groups whose files a command uses. */
const GROUPS_WITH_FILES: Readonly<Record<Command, readonly string[]>> = {
  run: ["sls", "hec", "dead_letters", "ledger", "log"],
  checkpoint: ["sls"],
  backfill: ["sls", "hec", "dead_letters", "backfill"],
  compile: ["sls", "hec", "dead_letters", "backfill", "ledger", "log"],
};

/** Whether a command uses the files of an option's top-level group. */
function usesFilesOf(command: Command, [group]: OptionPath): boolean {
  return GROUPS_WITH_FILES[command].includes(String(group));
}

/** A file or folder of the configuration that a command uses. */
export interface UsedFile {
  /** Its option. */
  readonly path: OptionPath;
  /** The path of the file or folder. */
  readonly name: string;
  /** Whether it is a folder. */
  readonly isFolder: boolean;
  /** What the program does with it. */
  readonly access: FileAccess;
}

/** The files and folders that a command uses, given or by default, in the order of the declaration. */
export function usedFiles(raw: RawConfig, command: Command): UsedFile[] {
  return declaredOptions().flatMap(({ access, keys, kind, default: fallback }) => {
    if (!access || !usesFilesOf(command, keys)) return [];
    return groupsOf(raw, keys).flatMap(({ tree, pathOf, at }): UsedFile[] => {
      const name = treeAt({ tree }, at) ?? fallback;
      return typeof name === "string"
        ? [{ path: pathOf(at), name, isFolder: kind === "folder", access }]
        : [];
    });
  });
}

/** The groups that have an option: several, where sources have their own; and where the option is in them. */
function groupsOf(
  raw: RawConfig,
  [first, ...others]: OptionPath,
): (Pick<Effective, "tree" | "pathOf"> & { readonly at: OptionPath })[] {
  if (first === "sls" || first === "hec") {
    return raw.groups.all[first].map(({ tree, pathOf }) => ({ tree, pathOf, at: others }));
  }
  return [{ tree: raw.tree, pathOf: (path) => path, at: [first!, ...others] }];
}

interface Placeholder {
  readonly path: OptionPath;
  /** When any of these is given, the placeholder is not needed. */
  readonly insteadOf?: readonly OptionPath[];
  readonly value: string;
}

const OTHER_CREDENTIALS = INSTEAD_OF_KEY_PAIR.map((key): OptionPath => ["sls", "credentials", key]);

/** Values for required options that a command does not use. Nothing reads them. */
const PLACEHOLDERS: Readonly<Record<Command, readonly Placeholder[]>> = {
  run: [],
  compile: [
    { path: ["sls", "credentials", "access_key_id"], insteadOf: OTHER_CREDENTIALS, value: UNKNOWN },
    {
      path: ["sls", "credentials", "access_key_secret"],
      insteadOf: OTHER_CREDENTIALS,
      value: UNKNOWN,
    },
    // Their variables exist in the pod alone. They are not part of the grant.
    { path: ["sls", "credentials", "oidc", "role_arn"], value: `acs:ram::0:role/${UNKNOWN}` },
    {
      path: ["sls", "credentials", "oidc", "provider_arn"],
      value: `acs:ram::0:oidc-provider/${UNKNOWN}`,
    },
    { path: ["hec", "token"], value: UNKNOWN },
  ],
  checkpoint: [
    { path: ["hec", "url"], insteadOf: [["hec", "urls"]], value: "https://not.used" },
    { path: ["hec", "token"], value: "not-used" },
  ],
  backfill: [{ path: ["consumer", "group"], value: "not-used" }],
};

/** Fills in required options that a command does not use and that are not given. */
export function fillPlaceholders(raw: RawConfig, command: Command): void {
  for (const { path, insteadOf, value } of PLACEHOLDERS[command]) {
    for (const { tree, at } of groupsOf(raw, path)) {
      const around = treeAt({ tree }, at.slice(0, -1));
      if (!isMapping(around)) continue; // invalid, and reported as such
      const others = insteadOf?.map((other) => other.slice(path.length - at.length));
      if ([at, ...others ?? []].some((one) => isGiven({ tree }, one))) continue;
      around[at.at(-1)!] = value;
    }
  }
}
