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
  readonly #client: Deno.HttpClient;
  readonly #requesters = new Map<SourceConfig, SlsRequester>();

  /** @throws {HintedError} when a certificate file cannot be read. */
  constructor(sls: SlsConfig, credentials: CredentialsProvider, deps: PlaneDeps) {
    this.#sls = sls;
    this.#credentials = credentials;
    this.#deps = deps;
    const { caFile, proxy } = sls;
    this.#client = Deno.createHttpClient({
      allowHost: true,
      http2: false,
      ...(caFile !== undefined && { caCerts: [readPem(deps, "sls.ca_file", caFile)] }),
      ...(proxy && { proxy: { url: proxyUrl(proxy) } }),
    });
  }

  /** Signs and sends the requests of a source: the same one for each call, as it learns the server's time. */
  requesterOf(source: SourceConfig): SlsRequester {
    const known = this.#requesters.get(source);
    if (known) return known;
    const { signature, timeoutMs } = this.#sls;
    const { clock, userAgent } = this.#deps;
    const requester = new SlsRequester({
      address: { origin: source.address.origin, host: source.address.hostHeader },
      credentials: this.#credentials,
      signV4Region: signature.version === "v4" ? signature.region : undefined,
      timeoutMs,
      userAgent,
      clock,
      fetch: (input, init) => fetch(input, { ...init, client: this.#client }),
    });
    this.#requesters.set(source, requester);
    return requester;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
