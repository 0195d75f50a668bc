import { bypassesProxy } from "../base/bypasses_proxy.ts";
import type { Clock } from "../base/clock.ts";
import { explainTls, type TlsOptionNames } from "../base/explain_tls.ts";
import { nodeFetch } from "../base/node_fetch.ts";
import type { ProxyBreakers } from "../base/proxy_breakers.ts";
import { nodeHttpIsSound } from "../base/runtime.ts";
import type { TlsFiles, TlsTexts } from "../base/tls_files.ts";
import { WatchedFetch } from "../base/watched_fetch.ts";
import type { SlsConfig } from "../config/config.ts";
import { ProxiedSls } from "../sls/proxied_sls.ts";
import type { SlsRequesterOptions } from "../sls/requester.ts";
import { proxyUrl } from "./open_hec.ts";

/** A `fetch` to one server. */
type SlsFetch = SlsRequesterOptions["fetch"];

/** A server of the vendor. */
interface SlsTarget {
  /** The host that is connected to. */
  readonly connectHost: string;
  readonly port: number;
  /** Start of each URL. */
  readonly origin: string;
}

/** The connections to SLS and STS: one set for all servers, direct and through the proxy. Disposing ends them. */
export class SlsConnections implements Disposable {
  readonly #noProxy: readonly string[];
  /** For messages. */
  readonly #proxyOption: string;
  readonly #tls: TlsFiles;
  readonly #proxies: ProxyBreakers;
  readonly #clock: Clock;
  readonly #direct = new Connections(undefined);
  /** Through the proxy, if there is one. */
  readonly #proxied: Connections | undefined;

  constructor(
    { proxy, noProxy, path }: Pick<SlsConfig, "proxy" | "noProxy" | "path">,
    tls: TlsFiles,
    proxies: ProxyBreakers,
    clock: Clock,
  ) {
    this.#noProxy = noProxy;
    this.#proxyOption = `${path}.proxy`;
    this.#tls = tls;
    this.#proxies = proxies;
    this.#clock = clock;
    this.#proxied = proxy && new Connections(proxyUrl(proxy));
  }

  /** The proxy on the way to a server, with its login; undefined when it is reached directly. */
  proxyTo(target: SlsTarget): string | undefined {
    return this.#to(target).proxyUrl;
  }

  /**
   * Requests to one server.
   * @param target The server.
   * @param options How hints name its options.
   */
  fetchTo(target: SlsTarget, options: TlsOptionNames): SlsFetch {
    const connections = this.#to(target);
    const { connectHost: hostname, port, origin } = target;
    const ends = { baseUrl: origin, proxyUrl: connections.proxyUrl };
    const proxied = connections.proxyUrl === undefined ? undefined : new ProxiedSls(
      { proxyUrl: connections.proxyUrl, option: this.#proxyOption },
      { hostname, port, tunnel: origin.startsWith("https:") },
      this.#proxies.of(connections.proxyUrl),
      this.#clock,
    );
    return watched(origin, connections.proxyUrl, this.#clock, async (url, init) => {
      const texts = await this.#tls.current(init.signal);
      await proxied?.beforeSending(texts.caCerts, init.signal);
      const client = connections.madeWith(texts);
      let response: Response;
      try {
        response = await fetch(url, { ...init, client });
      } catch (error) {
        init.signal.throwIfAborted();
        if (!(error instanceof Error)) throw error;
        throw explainTls(proxied?.explain(error) ?? error, ends, options);
      }
      await proxied?.throwIfProxys(response);
      return response;
    });
  }

  #to({ connectHost, port }: SlsTarget): Connections {
    if (bypassesProxy(this.#noProxy, connectHost, port)) return this.#direct;
    return this.#proxied ?? this.#direct;
  }

  [Symbol.dispose](): void {
    this.#direct.close();
    this.#proxied?.close();
  }
}

/** Adds what `node:http` can notice, on plain connections; with TLS or a proxy the runtime's `fetch` is used alone. */
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
 * Connections of one kind, direct or through a proxy: made when they are needed, and again when certificates have
 * changed.
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
    this.close(); // requests in flight, and bodies being read, are not affected
    this.#made = { texts, client };
    return client;
  }

  close(): void {
    this.#made?.client.close();
    this.#made = undefined;
  }
}
