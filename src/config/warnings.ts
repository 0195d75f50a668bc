import { capitalized } from "../base/format.ts";
import { unsafeVariables } from "../base/runtime_variables.ts";
import { type Command, usedFiles } from "./commands.ts";
import { formatPlace } from "./problems.ts";
import {
  type Effective,
  isMapping,
  type Mapping,
  placeOf,
  type RawConfig,
  treeAt,
} from "./read/raw_config.ts";
import type { ConfigSource } from "./read/source.ts";
import type { Options } from "./parse_options.ts";
import { takenBy } from "./route_checks.ts";
import { secrecyAt } from "./schema/walk.ts";
import { describeActualValue } from "./schema_problems.ts";
import { formatPath, type OptionPath } from "./shown.ts";
import { isTemplate, type Template } from "./types/templates.ts";
import { regionOf } from "./types/urls.ts";

/** Something in a configuration that works and is probably not meant. */
export interface ConfigWarning {
  /** Where it is: `sls2hec.yaml:7:12: sources[0].index`. */
  readonly place: string;
  /** What was found. */
  readonly message: string;
  /** What to do. */
  readonly hint: string;
}

/**
 * Names that a user's index may have, by Splunk's indexes.conf: lower-case letters, digits, `_` and `-`, not first;
 * without the word kvstore.
 */
const INDEX_NAME = /^(?!.*kvstore)[a-z0-9][a-z0-9_-]*$/;

/** Warnings about the options of a valid configuration. */
export function optionWarnings(
  { file: { sources }, sls, hec }: Options,
  raw: RawConfig,
): ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  const warn = (path: OptionPath, found: string, message: string, hint: string) => {
    warnings.push({ place: placeText(raw, path), message: `found ${found}: ${message}`, hint });
  };
  const foundIn = (group: Effective, path: OptionPath) =>
    describeActualValue(raw, group.pathOf(path), treeAt(group, path));
  for (const [group, { region, endpoint }] of sls) {
    const own = regionOf(endpoint);
    if (region === undefined || own === undefined || region === own) continue;
    warn(
      group.pathOf(["region"]),
      foundIn(group, ["region"]),
      `${
        formatPath(group.pathOf(["endpoint"]))
      } is in ${own}. Signature v1 contains no region, so the option has ` +
        "no effect",
      `Leave it out, or set it to ${own}`,
    );
  }
  const checkIndex = (path: OptionPath, index: Template | undefined, found: string) => {
    if (index === undefined || index === "none" || isTemplate(index)) return;
    if (INDEX_NAME.test(index.join(""))) return;
    warn(
      path,
      found,
      "Splunk has no index of that name: a name is made of lower-case letters, digits, _ and -, begins with a " +
        "letter or digit, and does not contain the word kvstore",
      "Set it to the name that Splunk shows; the source is held if the token refuses the index",
    );
  };
  for (const [group, { fallbackIndex }] of hec) {
    const path = ["fallback_index"];
    checkIndex(
      group.pathOf(path),
      fallbackIndex === undefined ? undefined : [fallbackIndex],
      foundIn(group, path),
    );
  }
  sources.forEach(({ index, routes = [] }, at) => {
    const check = (path: OptionPath, index: Template | undefined) =>
      checkIndex(path, index, describeActualValue(raw, path));
    check(["sources", at, "index"], index);
    routes.forEach((route, i) => check(["sources", at, "routes", i, "index"], route.index));
    takenBy(routes).forEach((before, i) => {
      const path = ["sources", at, "routes", i];
      const { topic: _topic, tag: _tag, ...effects } = routes[i]!;
      if (before !== undefined) {
        warn(
          path,
          "a route that never applies",
          `the one at ${
            placeText(raw, ["sources", at, "routes", before])
          } comes first and matches all of its log groups`,
          "Put it in front of that one, or leave it out",
        );
      } else if (i === routes.length - 1 && Object.values(effects).every((value) => !value)) {
        warn(
          path,
          "a route without any effect",
          "it sets nothing, and no other route follows that it would keep its log groups from",
          "Set a value or drop: true, or leave it out",
        );
      }
    });
  });
  return [...new Map(warnings.map((warning) => [JSON.stringify(warning), warning])).values()];
}

const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;
/** In a folder with this bit, others may create files but not replace or remove those of this program. */
const STICKY = 0o1000;

/**
 * Warnings about files, folders and variables that let other users read the configuration's secrets or undo its limits.
 * Groups are left to the operator. What this program may not read is left out.
 */
export function exposureWarnings(
  raw: RawConfig,
  { modeOf, variableNames, env }: ConfigSource,
  command: Command,
): ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  const seen = new Set<string>();
  const checkSecretFile = (path: string, place: string, what: string) => {
    const mode = modeOf?.(path);
    if (mode === undefined || !(mode & OTHERS_READ) || seen.has(path)) return;
    seen.add(path);
    warnings.push({
      place,
      message: `every user of this machine may read ${path} (mode ${octal(mode)}), ${what}`,
      hint: `chmod o-r ${path}; in Kubernetes, set the volume's defaultMode to 0440`,
    });
  };

  for (const { kind, name, option } of raw.lookups) {
    if (kind !== "file") continue;
    const secrecy = secrecyAt(option);
    if (secrecy === "secret" || secrecy === "login") {
      checkSecretFile(name, formatPath(option), "which holds a secret");
    }
  }
  for (const { path, name, isFolder, access } of usedFiles(raw, command)) {
    const place = placeText(raw, path);
    if (access.secret) checkSecretFile(name, place, "which holds a secret");
    const mode = isFolder ? modeOf?.(name) : undefined;
    if (mode === undefined || !(mode & OTHERS_WRITE) || mode & STICKY) continue;
    warnings.push({
      place,
      message: `every user of this machine may put files into ${name} (mode ${octal(mode)})`,
      hint: `chmod o-w ${name}`,
    });
  }
  const literal = literalSecret(raw);
  if (raw.fileName !== undefined && literal !== undefined) {
    checkSecretFile(raw.fileName, placeText(raw, literal), "which holds a secret itself");
  }
  for (const { name, effect, instead } of unsafeVariables(variableNames?.() ?? [], caStore(env))) {
    // A variable that the configuration reads has another meaning to the operator.
    if (raw.lookups.some((lookup) => lookup.kind === "env" && lookup.name === name)) continue;
    warnings.push({
      place: `variable ${name}`,
      message: `it ${effect}`,
      hint: capitalized(instead),
    });
  }
  return warnings;
}

/** The path of a secret that is written in the file itself, if any is. */
function literalSecret(raw: RawConfig): OptionPath | undefined {
  const groups = [...raw.groups.all.sls, ...raw.groups.all.hec];
  return groups.flatMap((group) => leavesOf(group.tree).map((path) => group.pathOf(path)))
    .find((path) => {
      const origin = raw.origins.get(formatPath(path));
      const text = treeAt(raw, path);
      if (origin?.place.kind !== "file" || origin.references || typeof text !== "string") {
        return false;
      }
      const secrecy = secrecyAt(path);
      return secrecy === "secret" || secrecy === "login" && text.includes("@");
    });
}

function leavesOf(tree: Mapping): OptionPath[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    isMapping(value) ? leavesOf(value).map((path) => [key, ...path]) : [[key]]
  );
}

function placeText(raw: RawConfig, path: OptionPath): string {
  return `${formatPlace(placeOf(raw, path))}: ${formatPath(path)}`;
}

function caStore(env: ConfigSource["env"]): string | undefined {
  try {
    return env("DENO_TLS_CA_STORE");
  } catch {
    return undefined; // it may not be read, and then neither may the names of the store's files
  }
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}
