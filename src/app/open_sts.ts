import type { Breaker, Pass } from "../base/breaker.ts";
import { OperatorError } from "../base/errors.ts";
import { endProxyPass, LocalProxyBreakers } from "../base/proxy_breakers.ts";
import { proxyFailureIn } from "../base/proxy_failure.ts";
import type { TlsFiles } from "../base/tls_files.ts";
import type { SlsConfig } from "../config/config.ts";
import type { StsEndpoint } from "../config/types/sts.ts";
import type { SlsRequesterOptions } from "../sls/requester.ts";
import { StsClient } from "../sls/sts_client.ts";
import type { FileDeps } from "./deps.ts";
import { SlsConnections } from "./sls_connections.ts";

/** The client of STS, and its connections. */
interface OpenSts extends Disposable {
  readonly client: StsClient;
}

/**
 * Opens the connections to STS, which go the same way as those to SLS.
 * @param sts Where it is.
 * @param role The option of the role, for hints.
 */
export function openSts(
  config: SlsConfig,
  { sts, role }: { readonly sts: StsEndpoint; readonly role: string },
  tls: TlsFiles,
  deps: FileDeps,
): OpenSts {
  const { clock, uuid, userAgent, proxies = new LocalProxyBreakers(deps) } = deps;
  const { origin, host: connectHost, port } = sts;
  const target = { connectHost, port, origin };
  const connections = new SlsConnections(config, tls, proxies, clock);
  const proxyUrl = connections.proxyTo(target);
  const fetch = connections.fetchTo(target, {
    server: "STS",
    url: `${role}.sts_endpoint`,
    caFile: `${config.path}.ca_file`,
    fingerprint: undefined,
    client: undefined,
  });
  const client = new StsClient({
    origin,
    timeoutMs: config.timeoutMs,
    userAgent,
    clock,
    uuid,
    fetch: proxyUrl === undefined ? fetch : throughProxy(fetch, proxies.of(proxyUrl)),
  });
  return { client, [Symbol.dispose]: () => connections[Symbol.dispose]() };
}

type StsFetch = SlsRequesterOptions["fetch"];

/**
 * A `fetch` that waits for no proxy: the request to SLS that needs the credentials may be the one that tries the proxy. While
 * the proxy is left alone, as after a wrong password, nothing is sent, and the last failure is thrown again.
 */
function throughProxy(fetch: StsFetch, breaker: Breaker): StsFetch {
  let lastFailure: Error | undefined;
  return async (url, init) => {
    const { waitMs } = breaker;
    if (waitMs > 0 && waitMs < Infinity && lastFailure) throw lastFailure;
    const pass = breaker.passAnyway();
    try {
      const response = await fetch(url, init);
      pass.succeeded();
      return response;
    } catch (error) {
      lastFailure = proxyFailureIn(error) ?? lastFailure;
      endPass(pass, error, init.signal);
      throw error;
    }
  };
}

function endPass(pass: Pass, error: unknown, signal: AbortSignal): void {
  if (signal.aborted) pass.unknown();
  // An error that is explained, such as that of a certificate, was met behind the proxy.
  else endProxyPass(pass, error, error instanceof OperatorError);
}
