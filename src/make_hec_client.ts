import { type PlaneDeps, readPem } from "./app_deps.ts";
import type { HecConfig } from "./config/config.ts";
import type { Proxy } from "./config/proxy.ts";
import { FetchTransport } from "./hec/fetch_transport.ts";
import { HecClient } from "./hec/hec_client.ts";
import type { HecToken } from "./hec/hec_token.ts";
import type { HecConnection, HecTransport } from "./hec/hec_transport.ts";
import { nodeHttpIsSound, NodeTransport } from "./hec/node_transport.ts";

/**
 * The HEC client that a configuration asks for.
 * @throws {HintedError} when a certificate file cannot be read.
 */
export function makeHecClient(hec: HecConfig, token: HecToken, deps: PlaneDeps): HecClient {
  const { caFile, client, verify, fingerprint } = hec.tls;
  const tls = {
    verify,
    fingerprint,
    caCerts: caFile === undefined ? [] : [readPem(deps, "hec.tls.ca_file", caFile)],
    client: client && {
      cert: readPem(deps, "hec.tls.cert_file", client.certFile),
      key: readPem(deps, "hec.tls.key_file", client.keyFile),
    },
  };
  return new HecClient({
    ...deps,
    ...hec,
    token,
    connections: hec.urls.map(({ base, proxy }) => ({
      ...tls,
      baseUrl: base,
      proxyUrl: proxy && proxyUrl(proxy),
    })),
    retirement: hec.retire,
    makeTransport,
  });
}

/** `fetch` knows all proxies and trusts the public authorities; `node:` is faster and takes more certificates. */
function makeTransport(connection: HecConnection): HecTransport {
  return byNode(connection) ? new NodeTransport(connection) : new FetchTransport(connection);
}

function byNode({ baseUrl, verify, fingerprint, caCerts, proxyUrl }: HecConnection): boolean {
  if (baseUrl.startsWith("http:")) return nodeHttpIsSound && !proxyUrl;
  if (!verify || fingerprint !== undefined) return true;
  return caCerts.length > 0 && nodeHttpIsSound && !proxyUrl?.startsWith("socks5:");
}

/** A proxy's URL with its credentials. */
export function proxyUrl({ url, login }: Proxy): string {
  if (!login) return url;
  const withLogin = new URL(url);
  withLogin.username = encodeURIComponent(login.username);
  withLogin.password = encodeURIComponent(login.password.reveal());
  return withLogin.href;
}
