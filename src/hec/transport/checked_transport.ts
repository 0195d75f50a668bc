import { TlsFailure, type TlsFailureKind } from "../../base/explain_tls.ts";
import { FetchTransport } from "./fetch_transport.ts";
import type { HecConnection, HecRequest, HecResponse, HecTransport } from "./hec_transport.ts";
import { NodeTransport } from "./node_transport.ts";

/** Refused certificates that another transport may accept or explain better. Nothing was sent yet. */
const MAY_DIFFER: ReadonlySet<TlsFailureKind> = new Set([
  "expired",
  "not_yet_valid",
  "other_names",
  "untrusted",
  "authority_as_server",
  "false_signature",
  "version_1",
  "unusable",
]);

/** Faults that `fetch` distinguishes and `node:https` calls untrusted. */
const KNOWN_TO_FETCH: ReadonlySet<TlsFailureKind> = new Set([
  "expired",
  "not_yet_valid",
  "false_signature",
]);

/**
 * TLS with certificates that are checked, over `node:https`: first against the authorities of `tls.ca_file`, which accepts
 * the certificates that Splunk makes for itself, then against the public ones. The transport that worked last is tried
 * first. When a certificate is refused, an empty request by `fetch` shows why: it trusts both, and distinguishes an
 * expired certificate from an untrusted one.
 */
export class CheckedTransport implements HecTransport {
  #first: HecTransport;
  /** With the authorities of the CA file, if there is one. */
  readonly #own: HecTransport;
  /** Tried when `fetch` finds no fault. */
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
    // The collector may have a certificate of the CA file's authority and the proxy a public one, or the reverse.
    if (proxyUrl?.startsWith("https:")) this.#others.push(this.#fetch);
  }

  /** The smallest limit of the transports that a request may use. */
  get maxBodyBytes(): number {
    const ways = [this.#first, ...this.#others];
    return Math.min(...ways.map(({ maxBodyBytes = Infinity }) => maxBodyBytes));
  }

  async send(request: HecRequest, signal: AbortSignal): Promise<HecResponse> {
    try {
      return await this.#first.send(request, signal);
    } catch (refusal) {
      if (!mayDiffer(refusal) || this.#isFinal(refusal)) throw refusal;
      const explained = await this.#askFetch(refusal, signal);
      if (explained) throw explained;
      return await this.#sendOtherwise(refusal, request, signal);
    }
  }

  /** Only `fetch` does not report when a request is sent. */
  async canConnect(signal: AbortSignal): Promise<boolean> {
    return this.#first === this.#fetch && await this.#fetch.canConnect(signal);
  }

  close(): void {
    for (const way of new Set([this.#first, ...this.#others, this.#fetch])) way.close();
  }

  /**
   * Names are checked once the certificate is trusted. The transport of the CA file is the least strict about them, so
   * that other transports would only add a useless handshake to each try.
   */
  #isFinal({ kind }: TlsFailure): boolean {
    return kind === "other_names" && this.#first === this.#own;
  }

  /**
   * @returns the best explanation of the refusal; undefined when `fetch` finds no fault.
   */
  async #askFetch(refusal: TlsFailure, signal: AbortSignal): Promise<TlsFailure | undefined> {
    try {
      const path = "/services/collector/health";
      await this.#fetch.send({ method: "GET", path, headers: {} }, signal);
      return undefined;
    } catch (error) {
      signal.throwIfAborted();
      const isKnown = error instanceof TlsFailure &&
        (!this.#hasCaFile || KNOWN_TO_FETCH.has(error.kind));
      return isKnown ? error : refusal;
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
        if (!mayDiffer(error)) throw error;
      }
    }
    throw refusal;
  }
}

function mayDiffer(error: unknown): error is TlsFailure {
  return error instanceof TlsFailure && MAY_DIFFER.has(error.kind);
}
