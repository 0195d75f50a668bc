import { undoingVariables } from "../base/runtime_variables.ts";
import type { ConfigSource } from "./config_source.ts";
import type { ConfigWarning } from "./config_warnings.ts";
import { formatPlace } from "./problem.ts";
import { holdsSecret, PARTS_WITH_FILES, type Purpose } from "./purpose.ts";
import { declaredOptions } from "./schema_walk.ts";
import { placeOf, type Settings, treeAt } from "./settings.ts";

/** Files whose whole content is secret. */
const SECRET_FILES = new Set(["sls.credentials.file", "hec.tls.key_file"]);

const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;
/** In a folder with it, others may make files, and neither replace nor remove those of this program. */
const STICKY = 0o1000;

/**
 * What around a configuration lets others read its secrets or undo its limits: files, folders, variables. Groups are
 * the operator's affair. What this program may not look at is left out.
 */
export function exposures(
  settings: Settings,
  { modeOf, variableNames, env }: ConfigSource,
  purpose: Purpose,
): ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  const seen = new Set<string>();
  const checkFile = (path: string, place: string, what: string) => {
    const mode = modeOf?.(path);
    if (mode === undefined || !(mode & OTHERS_READ) || seen.has(path)) return;
    seen.add(path);
    warnings.push({
      place,
      message: `every user of this machine may read ${path} (mode ${octal(mode)}), ${what}`,
      hint: `chmod o-r ${path}; in Kubernetes, set the volume's defaultMode to 0440`,
    });
  };

  for (const { kind, name, path } of settings.lookups) {
    if (kind === "file" && holdsSecret(path, "@")) checkFile(name, path, "which holds a secret");
  }
  for (const { access, keys, path, kind, default: fallback } of declaredOptions()) {
    const name = access && PARTS_WITH_FILES[purpose].includes(keys[0]!)
      ? treeAt(settings, keys) ?? fallback
      : undefined;
    if (typeof name !== "string") continue;
    const place = `${formatPlace(placeOf(settings, keys))}: ${path}`;
    if (SECRET_FILES.has(path)) checkFile(name, place, "which holds a secret");
    const mode = kind === "folder" ? modeOf?.(name) : undefined;
    if (mode === undefined || !(mode & OTHERS_WRITE) || mode & STICKY) continue;
    warnings.push({
      place,
      message: `every user of this machine may put files into ${name} (mode ${octal(mode)})`,
      hint: `chmod o-w ${name}`,
    });
  }
  const literal = literalSecret(settings);
  if (settings.fileName !== undefined && literal !== undefined) {
    checkFile(settings.fileName, literal, "which holds a secret itself");
  }

  for (const { name, effect, instead } of undoingVariables(variableNames?.() ?? [], caStore(env))) {
    // One that the configuration reads is the operator's own word for something else.
    if (settings.lookups.some((lookup) => lookup.kind === "env" && lookup.name === name)) continue;
    warnings.push({
      place: `variable ${name}`,
      message: `it ${effect}`,
      hint: `${instead[0]!.toUpperCase()}${instead.slice(1)}`,
    });
  }
  return warnings;
}

/** The place of a secret that stands in the file itself, if any does. */
function literalSecret(settings: Settings): string | undefined {
  for (const [path, { place, references }] of settings.origins) {
    if (place.kind !== "file" || references !== undefined) continue;
    const text = treeAt(settings, path.split("."));
    if (typeof text !== "string" || !holdsSecret(path, text)) continue;
    return `${formatPlace(place)}: ${path}`;
  }
  return undefined;
}

function caStore(env: ConfigSource["env"]): string | undefined {
  try {
    return env("DENO_TLS_CA_STORE");
  } catch {
    return undefined; // it may not be looked at, and names of files of the store neither
  }
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, "0");
}
