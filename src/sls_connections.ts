import { goesDirect } from "./base/no_proxy.ts";
import { type PlaneDeps, readPem } from "./app_deps.ts";
import type { SlsConfig, SourceConfig } from "./config/config.ts";
import { proxyUrl } from "./make_hec_client.ts";
import type { CredentialsProvider } from "./sls/credentials.ts";
import { SlsRequester } from "./sls/requester.ts";

/** One set of connections to SLS for all projects; the `Host` header names the project. */
export class SlsConnections implements Disposable {
  readonly #sls: SlsConfig;
  readonly #credentials: CredentialsProvider;
  readonly #deps: PlaneDeps;
  readonly #direct: Deno.HttpClient;
  /** Through the proxy; made when a source needs it, as it may not be reached otherwise. */
  #proxied: Deno.HttpClient | undefined;
  readonly #common: Deno.CreateHttpClientOptions;
  readonly #requesters = new Map<SourceConfig, SlsRequester>();

  /** @throws {HintedError} when a certificate file cannot be read. */
  constructor(sls: SlsConfig, credentials: CredentialsProvider, deps: PlaneDeps) {
    this.#sls = sls;
    this.#credentials = credentials;
    this.#deps = deps;
    const { caFile } = sls;
    this.#common = {
      allowHost: true,
      http2: false,
      ...(caFile !== undefined && { caCerts: [readPem(deps, "sls.ca_file", caFile)] }),
    };
    this.#direct = Deno.createHttpClient(this.#common);
  }

  /** Signs and sends the requests of a source: the same one for each call, as it learns the server's time. */
  requesterOf(source: SourceConfig): SlsRequester {
    const known = this.#requesters.get(source);
    if (known) return known;
    const { signature, timeoutMs } = this.#sls;
    const { clock, userAgent } = this.#deps;
    const client = this.#clientFor(source);
    const requester = new SlsRequester({
      address: { origin: source.address.origin, host: source.address.hostHeader },
      credentials: this.#credentials,
      signV4Region: signature.version === "v4" ? signature.region : undefined,
      timeoutMs,
      userAgent,
      clock,
      fetch: (input, init) => fetch(input, { ...init, client }),
    });
    this.#requesters.set(source, requester);
    return requester;
  }

  #clientFor({ address: { dialHost, port } }: SourceConfig): Deno.HttpClient {
    const { proxy, noProxy } = this.#sls;
    if (!proxy || goesDirect(noProxy, dialHost, port)) return this.#direct;
    return this.#proxied ??= Deno.createHttpClient({
      ...this.#common,
      proxy: { url: proxyUrl(proxy) },
    });
  }

  [Symbol.dispose](): void {
    this.#direct.close();
    this.#proxied?.close();
  }
}
