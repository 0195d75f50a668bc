import { bypassesProxy } from "../base/bypasses_proxy.ts";
import type { Config, SlsConfig } from "./config.ts";
import { itemsOf } from "./items.ts";
import { type DataPlaneHost, proxyHosts } from "./data_plane_hosts.ts";

/**
 * The hosts that issue the credentials for SLS, and the proxy to STS. Only the main isolate reaches them, not the data plane.
 * A host may be listed twice.
 */
export function credentialHosts(config: Config): DataPlaneHost[] {
  return [...new Set(itemsOf(config).map(({ sls }) => sls))].flatMap(hostsOf);
}

function hostsOf({ credentials, proxy, noProxy, path }: SlsConfig): DataPlaneHost[] {
  const base = credentials.from === "assume_role" ? credentials.base : credentials;
  const metadata = base.from === "ecs_ram_role"
    ? [{ host: base.metadataHost, reason: `${path}.credentials.ecs_ram_role` }]
    : [];
  if (credentials.from !== "assume_role" && credentials.from !== "oidc") return metadata;
  const { host, port } = credentials.sts;
  return [
    ...metadata,
    { host: `${host}:${port}`, reason: `${path}.credentials.${credentials.from}` },
    ...(bypassesProxy(noProxy, host, port) ? [] : proxyHosts(proxy, `${path}.proxy`)),
  ];
}
