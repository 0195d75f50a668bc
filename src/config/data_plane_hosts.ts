import { bypassesProxy } from "../base/bypasses_proxy.ts";
import type { Config } from "./config.ts";
import { collectorsOf, itemsOf } from "./items.ts";
import type { Proxy } from "./types/urls.ts";

/**
 * The hosts that the data plane may reach: those of SLS and HEC and the proxies to them.
 * @returns `host:port`, IPv6 in brackets, each once.
 */
export function dataPlaneHosts(config: Config): string[] {
  return [...new Set([...slsHosts(config), ...hecHosts(config)].map(({ host }) => host))];
}

/** A host that requests go to. */
export interface DataPlaneHost {
  /** `host:port`, IPv6 in brackets. */
  readonly host: string;
  /** What it is, or the option of a proxy. */
  readonly reason: string;
}

/** Hosts of the projects, and the proxies that any of them is reached through. A host may be listed twice. */
export function slsHosts(config: Config): DataPlaneHost[] {
  const all = itemsOf(config);
  return [
    ...all.map(({ project, address }) => ({
      host: `${address.connectHost}:${address.port}`,
      reason: `SLS project ${project}`,
    })),
    ...all.flatMap(({ sls: { proxy, noProxy, path }, address }) =>
      bypassesProxy(noProxy, address.connectHost, address.port)
        ? []
        : proxyHosts(proxy, `${path}.proxy`)
    ),
  ];
}

/** Hosts of the collectors, and the proxies that any of them is reached through. A host may be listed twice. */
export function hecHosts(config: Config): DataPlaneHost[] {
  return collectorsOf(config).flatMap(({ urls, path }) => [
    ...urls.map(({ host, port }) => ({ host: `${host}:${port}`, reason: "Splunk HEC" })),
    ...urls.flatMap(({ proxy }) => proxyHosts(proxy, `${path}.proxy`)),
  ]);
}

/** Deno requires permission for both the target and its proxy, of any kind, even where the proxy resolves the name. */
export function proxyHosts(proxy: Proxy | undefined, reason: string): DataPlaneHost[] {
  return proxy ? [{ host: `${proxy.host}:${proxy.port}`, reason }] : [];
}
