import { TlsFailure, type TlsFailureKind } from "../base/explain_tls.ts";
import { FetchTransport } from "./fetch_transport.ts";
import type { HecConnection, HecRequest, HecResponse, HecTransport } from "./hec_transport.ts";
import { NodeTransport } from "./node_transport.ts";

/** Refusals of which `fetch` may know better, as nothing was sent: another may be tried at once. */
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
 * The way for `tls.ca_file`. `node:https` takes the certificates that a Splunk makes for itself, and trusts the given
 * authorities alone; `fetch` does not take those, but trusts the public authorities as well, and tells a
 * certificate that has expired from one that is not trusted. So what the first refuses is tried by the second, and
 * what has worked last is tried first.
 */
export class CaFileTransport implements HecTransport {
  readonly #byNode: HecTransport;
  readonly #byFetch: HecTransport;
  #first: HecTransport;

  constructor(connection: HecConnection) {
    this.#byNode = new NodeTransport(connection);
    this.#byFetch = new FetchTransport(connection);
    this.#first = this.#byNode;
  }

  async send(request: HecRequest, signal: AbortSignal): Promise<HecResponse> {
    const first = this.#first;
    try {
      return await first.send(request, signal);
    } catch (error) {
      if (!(error instanceof TlsFailure) || !OF_SERVER.has(error.kind)) throw error;
      return await this.#sendOtherwise(first, error, request, signal);
    }
  }

  close(): void {
    this.#byNode.close();
    this.#byFetch.close();
  }

  async #sendOtherwise(
    first: HecTransport,
    refusal: TlsFailure,
    request: HecRequest,
    signal: AbortSignal,
  ): Promise<HecResponse> {
    const second = first === this.#byNode ? this.#byFetch : this.#byNode;
    try {
      const response = await second.send(request, signal);
      this.#first = second;
      return response;
    } catch (error) {
      if (!(error instanceof TlsFailure)) throw error;
      const [byNode, byFetch] = first === this.#byNode ? [refusal, error] : [error, refusal];
      throw TOLD_BY_FETCH.has(byFetch.kind) ? byFetch : byNode;
    }
  }
}
