import { shortText } from "./option_path.ts";
import { parseProxy, type Proxy, PROXY_EXPECTED } from "./proxy.ts";
import type { ReferenceReader } from "./reference_reader.ts";
import { isMapping, type Mapping, type ProxyOfScheme, type Settings } from "./settings.ts";
import { showUrl } from "./url_parts.ts";

/**
 * Reads what the environment says in the place of `proxy: env`, for each leg that asks for it: for each of its
 * targets `HTTPS_PROXY` or `HTTP_PROXY` by the target's own scheme, else `ALL_PROXY`; and `NO_PROXY`, unless
 * `no_proxy` is given. Without such a variable the target is reached directly.
 */
export function fillProxiesFromEnvironment(settings: Settings, references: ReferenceReader): void {
  for (const leg of ["sls", "hec"] as const) {
    const group = settings.tree[leg];
    if (!isMapping(group) || group.proxy !== "env") continue;
    delete group.proxy;
    const proxies: { -readonly [scheme in keyof ProxyOfScheme]: ProxyOfScheme[scheme] } = {};
    for (const scheme of new Set(targetsOf(group).map(schemeOf))) {
      proxies[scheme] = proxyFor([`${scheme.toUpperCase()}_PROXY`, "ALL_PROXY"], `${leg}.proxy`);
    }
    settings.proxies.set(leg, proxies);
    if (!("no_proxy" in group)) fillHosts(group, `${leg}.no_proxy`);
  }

  function proxyFor(names: readonly string[], path: string): Proxy | undefined {
    const given = firstSet(names, path);
    if (!given) return undefined;
    const proxy = parseProxy(given.text.includes("://") ? given.text : `http://${given.text}`);
    if (proxy) return proxy;
    settings.problems.push({
      place: { kind: "variable", name: given.name },
      path,
      found: shortText(showUrl(given.text)),
      expected: PROXY_EXPECTED,
    });
    return undefined;
  }

  function fillHosts(group: Mapping, path: string): void {
    const given = firstSet(["NO_PROXY"], path);
    if (!given) return;
    group.no_proxy = given.text;
    settings.origins.set(path, { place: { kind: "variable", name: given.name } });
  }

  function firstSet(
    names: readonly string[],
    path: string,
  ): { name: string; text: string } | undefined {
    for (const name of names.flatMap((name) => [name, name.toLowerCase()])) {
      const looked = references.variable(name, path);
      // One that may not be read is missing from the permissions, which is told with all that are.
      if ("value" in looked && looked.value !== undefined) return { name, text: looked.value };
    }
    return undefined;
  }
}

function targetsOf({ endpoint, url, urls }: Mapping): unknown[] {
  if (endpoint !== undefined || url !== undefined) return [endpoint ?? url];
  return Array.isArray(urls) ? urls : [];
}

/** An endpoint without a scheme is reached with TLS. */
function schemeOf(target: unknown): keyof ProxyOfScheme {
  return typeof target === "string" && /^http:/i.test(target) ? "http" : "https";
}
