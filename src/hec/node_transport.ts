import { Buffer } from "node:buffer";
import http, { type ClientRequest, type IncomingMessage } from "node:http";
import https from "node:https";
import type { TLSSocket } from "node:tls";
import { urlToHttpOptions } from "node:url";
import { HintedError } from "../base/hinted_error.ts";
import { ipAddress } from "../base/ip_address.ts";
import { explainTls, type TlsEnds, TlsFailure } from "../base/explain_tls.ts";
import {
  ANSWER_MAX_BYTES,
  HEC_TLS_OPTIONS,
  type HecConnection,
  type HecRequest,
  type HecResponse,
  type HecTransport,
} from "./hec_transport.ts";
import { checkByAuthorities, isUnproven } from "./server_certificate.ts";

/** As for `fetch`: Splunk closes idle connections after 12 seconds while it is busy. */
const POOL_IDLE_TIMEOUT_MS = 10_000;

/** Deno 2.6 has another `node:http`, which ends the whole process when an answer breaks off. */
export const nodeHttpIsSound = !("IncomingMessageForClient" in http);

/**
 * Whether `node:https` goes through a proxy; what it does not know it refuses, or on Deno 2.6 goes around. It
 * knows no socks, and no proxy that is reached with TLS under an address in place of a name.
 */
export function nodeKnowsProxy(proxyUrl: string): boolean {
  const { protocol, hostname } = new URL(proxyUrl);
  const isName = ipAddress(hostname) === undefined;
  return nodeHttpIsSound && (protocol === "http:" || protocol === "https:" && isName);
}

/**
 * The way without TLS, where `node:http` takes half of the time of `fetch` for a body of a megabyte (bench
 * "nginx plain"); and the way for `tls.verify: false`, `tls.fingerprint` and `tls.ca_file`: `node:https`,
 * because `fetch` cannot accept the certificate that a Splunk makes for itself (version 1, without a name) nor
 * skip the check at run time.
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
    const { baseUrl, verify, fingerprint, caCerts, client, proxyUrl } = connection;
    const { onUnprovenKey = () => {} } = connection;
    this.#baseUrl = baseUrl;
    const target = urlToHttpOptions(new URL(baseUrl));
    this.#target = { ...target, path: (target.path ?? "").replace(/\/$/, "") };
    this.#ends = { baseUrl, proxyUrl };
    this.#fingerprint = fingerprint;
    this.#asksAuthorities = verify && fingerprint === undefined;
    this.#onUnprovenKey = onUnprovenKey;
    if (baseUrl.startsWith("http:")) {
      this.#request = http.request;
      this.#agent = new http.Agent({ keepAlive: true, timeout: POOL_IDLE_TIMEOUT_MS });
      return;
    }
    this.#request = https.request;
    this.#agent = new https.Agent(
      {
        // Deno sends a request again by itself when a kept connection dies under it: unchecked.
        keepAlive: fingerprint === undefined,
        timeout: POOL_IDLE_TIMEOUT_MS,
        ...(this.#asksAuthorities
          ? {
            rejectUnauthorized: true,
            checkServerIdentity: checkByAuthorities(caCerts, onUnprovenKey),
          }
          : { rejectUnauthorized: false, checkServerIdentity: () => undefined }),
        // Any list: without one, a CA file named in the environment asks for one more permission.
        ca: [...caCerts],
        ...(client && { cert: client.cert, key: client.key }),
        ...(proxyUrl && { proxyEnv: { HTTPS_PROXY: proxyUrl } }),
      } as https.AgentOptions, // its type does not know proxyEnv yet
    );
  }

  send({ method, path, headers, body }: HecRequest, signal: AbortSignal): Promise<HecResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<HecResponse>();
    if (signal.aborted) {
      reject(signal.reason);
      return promise;
    }
    let isSettled = false;
    const request = this.#request({
      ...this.#target,
      path: `${this.#target.path}${path}`,
      method,
      agent: this.#agent,
      headers: { ...headers, "content-length": String(body?.length ?? 0) },
    }, (response) => {
      const answered = (answer: HecResponse) => {
        // Of a request that is answered before it is all sent, nothing more is sent: its memory may be gone.
        if (!request.writableFinished) request.destroy();
        isSettled = true;
        resolve(answer);
      };
      collect(response, answered, reject);
    });
    const abort = () => {
      request.destroy();
      reject(signal.reason); // not left to events, which some versions of Deno do not send
    };
    signal.addEventListener("abort", abort, { once: true });
    request.on("error", (error) => reject(this.#explain(error)));
    request.on("close", () => {
      signal.removeEventListener("abort", abort);
      if (!isSettled) reject(new Error("The connection was closed before the whole answer came"));
    });
    if (this.#fingerprint === undefined) request.end(body);
    else request.on("socket", (socket) => this.#endWhenPinned(request, socket as TLSSocket, body));
    return promise;
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
          new HintedError(
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

function collect(
  response: IncomingMessage,
  resolve: (response: HecResponse) => void,
  fail: (error: Error) => void,
): void {
  const parts: Uint8Array[] = [];
  let left = ANSWER_MAX_BYTES;
  const finish = () => {
    const { statusCode, headers } = response;
    resolve({
      status: statusCode ?? 0,
      retryAfter: headers["retry-after"] ?? null,
      contentEncoding: headers["content-encoding"] ?? null,
      setCookies: headers["set-cookie"] ?? [],
      body: new Uint8Array(Buffer.concat(parts)),
    });
  };
  response.on("data", (chunk: Uint8Array) => {
    parts.push(chunk.subarray(0, left));
    left -= Math.min(left, chunk.length);
    if (left > 0) return;
    finish();
    response.destroy(); // there is no end to wait for
  });
  response.on("error", fail);
  response.on("aborted", () => fail(new Error("The answer was cut off")));
  response.on("end", finish);
}
