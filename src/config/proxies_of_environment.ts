import type { ReferenceReader } from "./reference_reader.ts";
import { isMapping, type Mapping, type Settings } from "./settings.ts";

/**
 * Puts what the environment says in the place of `proxy: env`, of each leg that asks for it: `HTTPS_PROXY` or
 * `HTTP_PROXY` by the scheme of its target, else `ALL_PROXY`; and `NO_PROXY`, unless `no_proxy` is given. Without
 * such a variable the leg is direct.
 */
export function fillProxiesFromEnvironment(settings: Settings, references: ReferenceReader): void {
  for (const leg of ["sls", "hec"]) {
    const group = settings.tree[leg];
    if (!isMapping(group) || group.proxy !== "env") continue;
    delete group.proxy;
    const names = [isPlain(group) ? "HTTP_PROXY" : "HTTPS_PROXY", "ALL_PROXY"];
    fill(group, leg, "proxy", names, (text) => text.includes("://") ? text : `http://${text}`);
    if (!("no_proxy" in group)) fill(group, leg, "no_proxy", ["NO_PROXY"], (text) => text);
  }

  function fill(
    group: Mapping,
    leg: string,
    key: string,
    names: readonly string[],
    read: (text: string) => string,
  ): void {
    const path = `${leg}.${key}`;
    for (const name of names.flatMap((name) => [name, name.toLowerCase()])) {
      const looked = references.variable(name, path);
      if ("wrong" in looked || looked.value === undefined) continue;
      group[key] = read(looked.value);
      settings.origins.set(path, { place: { kind: "variable", name } });
      return;
    }
  }
}

/** Whether the leg's target is reached without TLS; an endpoint without a scheme is not. */
function isPlain({ endpoint, url, urls }: Mapping): boolean {
  const first = endpoint ?? url ?? (Array.isArray(urls) ? urls[0] : undefined);
  return typeof first === "string" && /^http:/i.test(first);
}
