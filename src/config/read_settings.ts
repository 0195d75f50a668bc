import type { ConfigSource } from "./config_source.ts";
import { fillFromEnvironment } from "./environment.ts";
import { fillProxiesFromEnvironment } from "./proxies_of_environment.ts";
import type { Purpose } from "./purpose.ts";
import { ReferenceReader } from "./reference_reader.ts";
import { newMapping, type Settings } from "./settings.ts";
import { readYaml } from "./yaml_tree.ts";

/** Reads the file's text and the variables it leaves options to. Never throws for what they hold. */
export function readSettings(source: ConfigSource, purpose: Purpose = "run"): Settings {
  const settings: Settings = {
    tree: newMapping(),
    origins: new Map(),
    lookups: [],
    variables: new Map(),
    proxies: new Map(),
    problems: [],
    unknown: [],
    fileName: source.text === undefined ? undefined : source.fileName ?? "configuration",
    unreadable: false,
  };
  const references = new ReferenceReader(source, settings.lookups, settings.unknown, purpose);
  if (source.text !== undefined) readYaml(source.text, settings, references);
  if (!settings.unreadable) {
    fillFromEnvironment(settings, references);
    fillProxiesFromEnvironment(settings, references);
  }
  return settings;
}
