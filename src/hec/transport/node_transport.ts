import http, { type ClientRequest } from "node:http";
import https from "node:https";
import type { TLSSocket } from "node:tls";
import { urlToHttpOptions } from "node:url";
import { OperatorError } from "../../base/errors.ts";
import { isIpAddress } from "../../base/ip_address.ts";
import { explainTls, type TlsEnds, TlsFailure } from "../../base/explain_tls.ts";
import {
  type HecConnection,
  type HecRequest,
  type HecResponse,
  hecTlsOptions,
  type HecTransport,
  SHARED_OPTIONS,
} from "./hec_transport.ts";
import { nodeHttpIsSound } from "../../base/runtime.ts";
import { NodeExchange } from "./node_exchange.ts";
import { checkByAuthorities, checkPublic, isUnproven } from "./server_certificate.ts";

/**
 * The runtime's own authorities, with `DENO_TLS_CA_STORE`, `DENO_CERT` and `NODE_EXTRA_CA_CERTS`. With `undefined`
 * instead, a CA file named in the environment would need one more permission; a list would be added to them.
 */
const PUBLIC_AUTHORITIES = null;

/** Splunk closes idle connections after 12 seconds while it is busy. */
const POOL_IDLE_TIMEOUT_MS = 10_000;

/**
 * Whether `node:https` supports a proxy; it refuses others, or bypasses them on Deno 2.6. It supports no socks, and no proxy
 * over TLS under an address instead of a name.
 */
export function nodeKnowsProxy(proxyUrl: string): boolean {
  const { protocol, hostname } = new URL(proxyUrl);
  const isName = !isIpAddress(hostname);
  return nodeHttpIsSound && (protocol === "http:" || protocol === "https:" && isName);
}

/**
 * The usual transport: `node:http` and `node:https`, HTTP/1.1. They report what of a request has been written, need half
 * the time of `fetch` for a body of a megabyte (bench "nginx plain"), and accept the certificate that Splunk makes for
 * itself (version 1, without a name). Trusted are: a fingerprint, any certificate (`verify: false`), the given
 * authorities, or the public ones of the runtime.
 */
export class NodeTransport implements HecTransport {
  readonly #baseUrl: string;
  /** The base URL as options, read once. */
  readonly #target: https.RequestOptions & { readonly path: string };
  readonly #ends: TlsEnds;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;
  readonly #optionPath: string;
  readonly #fingerprint: string | undefined;
  readonly #asksAuthorities: boolean;
  readonly #onUnprovenKey: () => void;

  constructor(connection: HecConnection) {
    const { baseUrl, verify, fingerprint, proxyUrl, onUnprovenKey = () => {} } = connection;
    this.#baseUrl = baseUrl;
    this.#optionPath = connection.optionPath ?? SHARED_OPTIONS;
    const target = urlToHttpOptions(new URL(baseUrl));
    this.#target = { ...target, path: (target.path ?? "").replace(/\/$/, "") };
    this.#ends = { baseUrl, proxyUrl };
    this.#fingerprint = fingerprint;
    this.#asksAuthorities = verify && fingerprint === undefined;
    this.#onUnprovenKey = onUnprovenKey;
    const isPlain = baseUrl.startsWith("http:");
    this.#request = isPlain ? http.request : https.request;
    this.#agent = sendingOnce(agentFor(connection, !isPlain, onUnprovenKey));
  }

  send(
    { method, path, headers, body, onSent }: HecRequest,
    signal: AbortSignal,
  ): Promise<HecResponse> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const request = this.#request({
      ...this.#target,
      path: `${this.#target.path}${path}`,
      method,
      agent: this.#agent,
      headers: { ...headers, "content-length": String(body?.length ?? 0) },
    });
    const answer = new NodeExchange(request, signal, (error) => this.#explain(error)).answer();
    if (onSent) request.once("finish", onSent);
    if (this.#fingerprint === undefined) request.end(body);
    else request.on("socket", (socket) => this.#endWhenPinned(request, socket as TLSSocket, body));
    return answer;
  }

  #explain(error: Error): Error {
    const explained = explainTls(error, this.#ends, hecTlsOptions(this.#optionPath));
    if (!(explained instanceof TlsFailure) || explained.kind !== "untrusted") return explained;
    if (this.#asksAuthorities) return explained;
    // No authority was checked, so it is the handshake that is signed by another key.
    return new TlsFailure(
      "false_signature",
      `Cannot trust ${this.#baseUrl}: it does not have the key of the certificate that it presents`,
      "Possible interception: check what is listening at this address",
      { cause: error },
    );
  }

  /** Writes nothing of a request, not even its token, until the server has presented the pinned certificate. */
  #endWhenPinned(
    request: ClientRequest,
    socket: TLSSocket,
    body: Uint8Array<ArrayBuffer> | undefined,
  ): void {
    const certificateShown = () => {
      try {
        return socket.getPeerCertificate();
      } catch (error) {
        request.destroy(error as Error); // otherwise this error would be lost
        return undefined;
      }
    };
    const check = () => {
      const certificate = certificateShown();
      const found = certificate?.fingerprint256?.replaceAll(":", "").toLowerCase();
      if (certificate && found === this.#fingerprint) {
        if (isUnproven(certificate)) this.#onUnprovenKey();
        request.end(body);
      } else {
        const option = `${this.#optionPath}.tls.fingerprint`;
        request.destroy(
          new OperatorError(
            `Cannot trust ${this.#baseUrl}: its certificate has the SHA-256 fingerprint ` +
              `${found ?? "of no certificate"}, and ${option} is ${this.#fingerprint}`,
            `Update ${option} if the collector's certificate was replaced on purpose; otherwise this ` +
              "may be an interception: check what is listening at this address",
          ),
        );
      }
    };
    // Through a proxy the handshake is over when the socket is handed out.
    if (certificateShown()?.fingerprint256) check();
    else socket.once("secureConnect", check);
  }

  close(): void {
    this.#agent.destroy();
  }
}

/**
 * @param hasTls Whether the collector itself has TLS; its proxy may have it too.
 */
function agentFor(connection: HecConnection, hasTls: boolean, onUnprovenKey: () => void) {
  const { verify, fingerprint, caCerts, client, proxyUrl } = connection;
  const trust = hasTls && (!verify || fingerprint !== undefined)
    ? { ca: [], rejectUnauthorized: false, checkServerIdentity: () => undefined }
    : caCerts.length > 0
    ? { ca: [...caCerts], checkServerIdentity: checkByAuthorities(caCerts, onUnprovenKey) }
    : { ca: PUBLIC_AUTHORITIES, checkServerIdentity: checkPublic };
  const options = {
    keepAlive: fingerprint === undefined || !hasTls, // with a fingerprint, each request has its own connection
    timeout: POOL_IDLE_TIMEOUT_MS,
    rejectUnauthorized: true,
    ...trust,
    ...(client && { cert: client.cert, key: client.key }),
    ...(proxyUrl && { proxyEnv: { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl } }),
  } as unknown as https.AgentOptions; // its type knows neither proxyEnv nor null
  return hasTls ? new https.Agent(options) : new http.Agent(options);
}

/**
 * Deno resends a request by itself when a kept connection dies before the answer, even if the events were accepted: such
 * a resend would not be counted. It does so for requests that are known to reuse a connection.
 */
function sendingOnce<A extends http.Agent>(agent: A): A {
  const { reuseSocket } = agent;
  agent.reuseSocket = (socket, request) => {
    reuseSocket.call(agent, socket, request);
    request.reusedSocket = false;
  };
  return agent;
}
