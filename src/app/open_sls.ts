import { bypassesProxy } from "../base/bypasses_proxy.ts";
import type { PlaneDeps } from "./deps.ts";
import type { Clock } from "../base/clock.ts";
import { nodeFetch } from "../base/node_fetch.ts";
import { WatchedFetch } from "../base/watched_fetch.ts";
import { nodeHttpIsSound } from "../base/runtime.ts";
import { explainTls, type TlsOptionNames } from "../base/explain_tls.ts";
import { LocalProxyBreakers, type ProxyBreakers } from "../base/proxy_breakers.ts";
import { nameOf } from "../base/proxy_failure.ts";
import { ServerWay } from "../base/server_way.ts";
import type { TlsFiles, TlsTexts } from "../base/tls_files.ts";
import type { SlsConfig, SourceConfig } from "../config/config.ts";
import { proxyUrl } from "./open_hec.ts";
import type { CredentialsProvider } from "../sls/credentials.ts";
import { ProxiedSls } from "../sls/proxied_sls.ts";
import { SlsRequester, type SlsRequesterOptions } from "../sls/requester.ts";

const TLS_OPTIONS: TlsOptionNames = {
  server: "the SLS endpoint",
  url: "sls.endpoint",
  caFile: "sls.ca_file",
  fingerprint: undefined,
  client: undefined,
};

/** One set of connections to SLS for all projects; the `Host` header names the project. */
export class SlsConnections implements Disposable {
  readonly #sls: SlsConfig;
  readonly #credentials: CredentialsProvider;
  readonly #tls: TlsFiles;
  readonly #deps: PlaneDeps;
  readonly #direct: Connections;
  /** Through the proxy, if there is one. */
  readonly #proxied: Connections | undefined;
  readonly #requesters = new Map<SourceConfig, SlsRequester>();
  readonly #ways = new Map<string, ServerWay>();
  readonly #proxies: ProxyBreakers;

  constructor(
    sls: SlsConfig,
    credentials: CredentialsProvider,
    tls: TlsFiles,
    deps: PlaneDeps,
  ) {
    this.#sls = sls;
    this.#credentials = credentials;
    this.#tls = tls;
    this.#deps = deps;
    this.#proxies = deps.proxies ?? new LocalProxyBreakers(deps);
    this.#direct = new Connections(undefined);
    this.#proxied = sls.proxy && new Connections(proxyUrl(sls.proxy));
  }

  /** Signs and sends the requests of a source: the same one for each call, as it learns the server's time. */
  requesterOf(source: SourceConfig): SlsRequester {
    const known = this.#requesters.get(source);
    if (known) return known;
    const { signature, timeoutMs } = this.#sls;
    const { clock, userAgent } = this.#deps;
    const { connectHost, port, origin } = source.address;
    const connections = bypassesProxy(this.#sls.noProxy, connectHost, port)
      ? this.#direct
      : this.#proxied ?? this.#direct;
    const ends = { baseUrl: origin, proxyUrl: connections.proxyUrl };
    const proxied = connections.proxyUrl === undefined ? undefined : new ProxiedSls(
      { proxyUrl: connections.proxyUrl, option: "sls.proxy" },
      { hostname: connectHost, port, tunnel: origin.startsWith("https:") },
      this.#proxies.of(connections.proxyUrl),
      clock,
    );
    const requester = new SlsRequester({
      address: { origin, host: source.address.hostHeader },
      credentials: this.#credentials,
      signV4Region: signature.version === "v4" ? signature.region : undefined,
      timeoutMs,
      userAgent,
      clock,
      way: this.#wayTo(origin, connections.proxyUrl),
      fetch: watched(origin, connections.proxyUrl, clock, async (url, init) => {
        const texts = await this.#tls.current(init.signal);
        await proxied?.beforeSending(texts.caCerts, init.signal);
        const client = connections.madeWith(texts);
        let response: Response;
        try {
          response = await fetch(url, { ...init, client });
        } catch (error) {
          init.signal.throwIfAborted();
          if (!(error instanceof Error)) throw error;
          throw explainTls(proxied?.explain(error) ?? error, ends, TLS_OPTIONS);
        }
        await proxied?.throwIfProxys(response);
        return response;
      }),
    });
    this.#requesters.set(source, requester);
    return requester;
  }

  /** One for all that goes to an address the same way. */
  #wayTo(origin: string, proxyUrl: string | undefined): ServerWay {
    const known = this.#ways.get(origin);
    if (known) return known;
    const proxy = proxyUrl === undefined ? undefined : this.#proxies.of(proxyUrl);
    const proxyName = proxyUrl && nameOf({ proxyUrl, option: "sls.proxy" });
    const way = new ServerWay(this.#deps, { proxy, proxyName });
    this.#ways.set(origin, way);
    return way;
  }

  [Symbol.dispose](): void {
    this.#direct.close();
    this.#proxied?.close();
  }
}

type SlsFetch = SlsRequesterOptions["fetch"];

/** Where `node:http` can, what it is to notice is noticed: with TLS or a proxy the runtime's `fetch` goes alone. */
function watched(
  origin: string,
  proxyUrl: string | undefined,
  clock: Clock,
  usual: SlsFetch,
): SlsFetch {
  if (!nodeHttpIsSound || !origin.startsWith("http:") || proxyUrl !== undefined) return usual;
  const fetch = new WatchedFetch(usual, nodeFetch, clock);
  return (url, init) => fetch.fetch(url, init);
}

/**
 * Connections one way, direct or through a proxy: made when they are needed, as a proxy may not be reached otherwise,
 * and made anew when certificates have changed.
 */
class Connections {
  readonly proxyUrl: string | undefined;
  #made: { readonly texts: TlsTexts; readonly client: Deno.HttpClient } | undefined;

  constructor(proxyUrl: string | undefined) {
    this.proxyUrl = proxyUrl;
  }

  madeWith(texts: TlsTexts): Deno.HttpClient {
    if (this.#made?.texts === texts) return this.#made.client;
    const client = Deno.createHttpClient({
      allowHost: true,
      http2: false,
      ...(texts.caCerts.length > 0 && { caCerts: [...texts.caCerts] }),
      ...(this.proxyUrl !== undefined && { proxy: { url: this.proxyUrl } }),
    });
    this.close(); // requests in flight, and bodies that are read, end as if nothing had happened
    this.#made = { texts, client };
    return client;
  }

  close(): void {
    this.#made?.client.close();
    this.#made = undefined;
  }
}
