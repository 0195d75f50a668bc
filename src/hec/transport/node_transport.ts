import http, { type ClientRequest } from "node:http";
import https from "node:https";
import type { TLSSocket } from "node:tls";
import { urlToHttpOptions } from "node:url";
import { OperatorError } from "../../base/errors.ts";
import { isIpAddress } from "../../base/ip_address.ts";
import { explainTls, type TlsEnds, TlsFailure } from "../../base/explain_tls.ts";
import {
  HEC_TLS_OPTIONS,
  type HecConnection,
  type HecRequest,
  type HecResponse,
  type HecTransport,
} from "./hec_transport.ts";
import { nodeHttpIsSound } from "../../base/runtime.ts";
import { NodeExchange } from "./node_exchange.ts";
import { checkByAuthorities, checkPublic, isUnproven } from "./server_certificate.ts";

/**
 * The runtime's own authorities, `DENO_TLS_CA_STORE`, `DENO_CERT` and `NODE_EXTRA_CA_CERTS` included. With `undefined`
 * in place of it, a CA file named in the environment asks for one more permission; a list would be added to them.
 */
const PUBLIC_AUTHORITIES = null;

/** As for `fetch`: Splunk closes idle connections after 12 seconds while it is busy. */
const POOL_IDLE_TIMEOUT_MS = 10_000;

/**
 * Whether `node:https` goes through a proxy; what it does not know it refuses, or on Deno 2.6 goes around. It
 * knows no socks, and no proxy that is reached with TLS under an address in place of a name.
 */
export function nodeKnowsProxy(proxyUrl: string): boolean {
  const { protocol, hostname } = new URL(proxyUrl);
  const isName = !isIpAddress(hostname);
  return nodeHttpIsSound && (protocol === "http:" || protocol === "https:" && isName);
}

/**
 * The usual way: `node:http` and `node:https`, HTTP/1.1. They tell what of a request has been written, take half of the
 * time of `fetch` for a body of a megabyte (bench "nginx plain"), and accept the certificate that a Splunk makes for
 * itself (version 1, without a name). Whom they trust: a fingerprint, anybody (`verify: false`), the given
 * authorities, or without any the public ones of the runtime.
 */
export class NodeTransport implements HecTransport {
  readonly #baseUrl: string;
  /** The base URL as options, read once. */
  readonly #target: https.RequestOptions & { readonly path: string };
  readonly #ends: TlsEnds;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;
  readonly #fingerprint: string | undefined;
  readonly #asksAuthorities: boolean;
  readonly #onUnprovenKey: () => void;

  constructor(connection: HecConnection) {
    const { baseUrl, verify, fingerprint, proxyUrl, onUnprovenKey = () => {} } = connection;
    this.#baseUrl = baseUrl;
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
    const explained = explainTls(error, this.#ends, HEC_TLS_OPTIONS);
    if (!(explained instanceof TlsFailure) || explained.kind !== "untrusted") return explained;
    if (this.#asksAuthorities) return explained;
    // Nobody was asked who signed the certificate: it is the handshake that is signed by another key.
    return new TlsFailure(
      "false_signature",
      `Cannot trust ${this.#baseUrl}: it does not hold the key of the certificate that it shows`,
      "Find out what answers there: somebody stands between",
      { cause: error },
    );
  }

  /** Nothing of a request is written, its token neither, before its server's certificate is the pinned one. */
  #endWhenPinned(
    request: ClientRequest,
    socket: TLSSocket,
    body: Uint8Array<ArrayBuffer> | undefined,
  ): void {
    const certificateShown = () => {
      try {
        return socket.getPeerCertificate();
      } catch (error) {
        request.destroy(error as Error); // it cannot be read, and nobody else would hear of that
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
        request.destroy(
          new OperatorError(
            `Cannot trust ${this.#baseUrl}: its certificate has the SHA-256 fingerprint ` +
              `${found ?? "of none"}, and hec.tls.fingerprint is ${this.#fingerprint}`,
            "Set hec.tls.fingerprint anew if the collector's certificate was replaced on purpose; " +
              "else somebody stands between",
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

/** @param hasTls Whether the collector itself has TLS; its proxy may have it besides. */
function agentFor(connection: HecConnection, hasTls: boolean, onUnprovenKey: () => void) {
  const { verify, fingerprint, caCerts, client, proxyUrl } = connection;
  const trust = hasTls && (!verify || fingerprint !== undefined)
    ? { ca: [], rejectUnauthorized: false, checkServerIdentity: () => undefined }
    : caCerts.length > 0
    ? { ca: [...caCerts], checkServerIdentity: checkByAuthorities(caCerts, onUnprovenKey) }
    : { ca: PUBLIC_AUTHORITIES, checkServerIdentity: checkPublic };
  const options = {
    keepAlive: fingerprint === undefined || !hasTls, // each request is checked on a connection of its own
    timeout: POOL_IDLE_TIMEOUT_MS,
    rejectUnauthorized: true,
    ...trust,
    ...(client && { cert: client.cert, key: client.key }),
    ...(proxyUrl && { proxyEnv: { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl } }),
  } as unknown as https.AgentOptions; // its type knows neither proxyEnv nor null
  return hasTls ? new https.Agent(options) : new http.Agent(options);
}

/**
 * Deno sends a request a second time by itself when a kept connection dies under it before the answer, even when the
 * events were taken: nothing would count that. It does so for requests that it knows to reuse a connection.
 */
function sendingOnce<A extends http.Agent>(agent: A): A {
  const { reuseSocket } = agent;
  agent.reuseSocket = (socket, request) => {
    reuseSocket.call(agent, socket, request);
    request.reusedSocket = false;
  };
  return agent;
}
