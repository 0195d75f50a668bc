import { TlsFailure, type TlsFailureKind } from "../../base/explain_tls.ts";
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
 * which takes the certificates that a Splunk makes for itself, and else by the public ones. What has worked last is
 * tried first. Of a certificate that is refused, `fetch` is asked, with a request that carries nothing: it trusts both,
 * and tells one that has expired from one that is not trusted.
 */
export class CheckedTransport implements HecTransport {
  #first: HecTransport;
  /** That of the CA file, if there is one. */
  readonly #own: HecTransport;
  /** Those that are tried when `fetch` has found no fault. */
  readonly #others: HecTransport[] = [];
  readonly #fetch: FetchTransport;
  readonly #hasCaFile: boolean;

  constructor(connection: HecConnection) {
    const { caCerts, proxyUrl } = connection;
    this.#hasCaFile = caCerts.length > 0;
    this.#fetch = new FetchTransport(connection);
    this.#first = this.#own = new NodeTransport(connection);
    if (!this.#hasCaFile) return;
    this.#others.push(new NodeTransport({ ...connection, caCerts: [] }));
    // Of collector and proxy, one may be certified by the CA file's authority and one by a public one.
    if (proxyUrl?.startsWith("https:")) this.#others.push(this.#fetch);
  }

  /** That of the narrowest way that a request may take. */
  get maxBodyBytes(): number {
    const ways = [this.#first, ...this.#others];
    return Math.min(...ways.map(({ maxBodyBytes = Infinity }) => maxBodyBytes));
  }

  async send(request: HecRequest, signal: AbortSignal): Promise<HecResponse> {
    try {
      return await this.#first.send(request, signal);
    } catch (refusal) {
      if (!isOfServer(refusal) || this.#isFinal(refusal)) throw refusal;
      const told = await this.#askFetch(refusal, signal);
      if (told) throw told;
      return await this.#sendOtherwise(refusal, request, signal);
    }
  }

  /** Only `fetch` does not tell when a request is sent. */
  async canConnect(signal: AbortSignal): Promise<boolean> {
    return this.#first === this.#fetch && await this.#fetch.canConnect(signal);
  }

  close(): void {
    for (const way of new Set([this.#first, ...this.#others, this.#fetch])) way.close();
  }

  /**
   * Names are looked at once the certificate is trusted. The way of the CA file asks least of them, so that nothing more
   * can be learned; each further handshake would be one for nothing, in each try.
   */
  #isFinal({ kind }: TlsFailure): boolean {
    return kind === "other_names" && this.#first === this.#own;
  }

  /** @returns the refusal in the best words, or undefined when `fetch` finds no fault. */
  async #askFetch(refusal: TlsFailure, signal: AbortSignal): Promise<TlsFailure | undefined> {
    try {
      const path = "/services/collector/health";
      await this.#fetch.send({ method: "GET", path, headers: {} }, signal);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      const isTold = error instanceof TlsFailure &&
        (!this.#hasCaFile || TOLD_BY_FETCH.has(error.kind));
      return isTold ? error : refusal;
    }
  }

  async #sendOtherwise(
    refusal: TlsFailure,
    request: HecRequest,
    signal: AbortSignal,
  ): Promise<HecResponse> {
    for (const [at, way] of this.#others.entries()) {
      try {
        const response = await way.send(request, signal);
        this.#others[at] = this.#first;
        this.#first = way;
        return response;
      } catch (error) {
        if (!isOfServer(error)) throw error;
      }
    }
    throw refusal;
  }
}

function isOfServer(error: unknown): error is TlsFailure {
  return error instanceof TlsFailure && OF_SERVER.has(error.kind);
}
