import { bypassesProxy } from "../base/bypasses_proxy.ts";
import type { Config } from "./config.ts";
import type { Proxy } from "./proxy.ts";

/** A host that requests go to. */
export interface ReachedHost {
  /** `host:port`, IPv6 in brackets. */
  readonly host: string;
  /** What it is: a server of somebody, or the option of a proxy. */
  readonly reason: string;
}

/** Where requests to SLS go: the projects' hosts, and the proxy if any is behind it. A host may stand twice. */
export function slsHosts({ sls: { proxy, noProxy }, sources }: Config): ReachedHost[] {
  const isUsed = sources.some(({ address }) =>
    !bypassesProxy(noProxy, address.connectHost, address.port)
  );
  return [
    ...sources.map(({ project, address }) => ({
      host: `${address.connectHost}:${address.port}`,
      reason: `SLS project ${project}`,
    })),
    ...(isUsed ? proxyHosts(proxy, "sls.proxy") : []),
  ];
}

/** Where requests to HEC go: the collectors, and the proxies that any of them is behind. */
export function hecHosts({ hec }: Config): ReachedHost[] {
  return [
    ...hec.urls.map(({ host, port }) => ({ host: `${host}:${port}`, reason: "Splunk HEC" })),
    ...hec.urls.flatMap(({ proxy }) => proxyHosts(proxy, "hec.proxy")),
  ];
}

/** The hosts that pulling and delivering need, `host:port`, each once: those of the data plane. */
export function dataPlaneHosts(config: Config): string[] {
  return [...new Set([...slsHosts(config), ...hecHosts(config)].map(({ host }) => host))];
}

/** Deno demands the target and the proxy, of whatever kind either is, also where the proxy resolves the name. */
function proxyHosts(proxy: Proxy | undefined, reason: string): ReachedHost[] {
  return proxy ? [{ host: `${proxy.host}:${proxy.port}`, reason }] : [];
}
