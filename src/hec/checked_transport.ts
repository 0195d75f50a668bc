import { TlsFailure, type TlsFailureKind } from "../base/explain_tls.ts";
import { FetchTransport } from "./fetch_transport.ts";
import type { HecConnection, HecRequest, HecResponse, HecTransport } from "./hec_transport.ts";
import { NodeTransport } from "./node_transport.ts";

/** Refusals of which others may know better, as nothing was sent: another may be asked at once. */
const OF_SERVER: ReadonlySet<TlsFailureKind> = new Set([
  "expired",
  "not_yet_valid",
  "other_names",
  "untrusted",
  "authority_as_server",
  "false_signature",
  "version_1",
  "unusable",
]);

/** What `fetch` says of a certificate and `node:https` calls untrusted. */
const TOLD_BY_FETCH: ReadonlySet<TlsFailureKind> = new Set([
  "expired",
  "not_yet_valid",
  "false_signature",
]);

/**
 * The way of TLS with certificates that are checked, over `node:https`: by the authorities of `tls.ca_file` first,
 * which takes the certificates that a Splunk makes for itself, and else by the public ones. What one refuses is tried
 * by the next, and what has worked last is tried first. Of a certificate that none takes, `fetch` is asked for its
 * words: it tells one that has expired from one that is not trusted.
 */
export class CheckedTransport implements HecTransport {
  #ways: HecTransport[];
  readonly #fetch: FetchTransport;
  readonly #hasCaFile: boolean;

  constructor(connection: HecConnection) {
    const { caCerts, proxyUrl } = connection;
    this.#hasCaFile = caCerts.length > 0;
    this.#fetch = new FetchTransport(connection);
    const byPublic = new NodeTransport({ ...connection, caCerts: [] });
    this.#ways = this.#hasCaFile ? [new NodeTransport(connection), byPublic] : [byPublic];
    // Of collector and proxy, one may be certified by the CA file's authority and one by a public one.
    if (this.#hasCaFile && proxyUrl?.startsWith("https:")) this.#ways.push(this.#fetch);
  }

  async send(request: HecRequest, signal: AbortSignal): Promise<HecResponse> {
    let refusal: TlsFailure | undefined;
    for (const way of this.#ways) {
      try {
        const response = await way.send(request, signal);
        if (refusal) this.#ways = [way, ...this.#ways.filter((other) => other !== way)];
        return response;
      } catch (error) {
        if (!(error instanceof TlsFailure) || !OF_SERVER.has(error.kind)) throw error;
        refusal ??= error;
      }
    }
    throw await this.#explain(refusal!, signal);
  }

  /** Only `fetch` does not tell when a request is sent. */
  async canConnect(signal: AbortSignal): Promise<boolean> {
    return this.#ways[0] === this.#fetch && await this.#fetch.canConnect(signal);
  }

  close(): void {
    for (const way of this.#ways) way.close();
    if (!this.#ways.includes(this.#fetch)) this.#fetch.close();
  }

  /** Asks by `fetch` what is wrong, with a request that carries nothing. */
  async #explain(refusal: TlsFailure, signal: AbortSignal): Promise<TlsFailure> {
    try {
      const path = "/services/collector/health";
      await this.#fetch.send({ method: "GET", path, headers: {} }, signal);
    } catch (error) {
      signal.throwIfAborted();
      const isTold = error instanceof TlsFailure &&
        (!this.#hasCaFile || TOLD_BY_FETCH.has(error.kind));
      if (isTold) return error;
    }
    return refusal;
  }
}
