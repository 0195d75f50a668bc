import net from "node:net";
import { readSmallBody } from "../../base/bounded_body.ts";
import { explainTls, type TlsEnds, type TlsOptionNames } from "../../base/explain_tls.ts";
import { onAbort } from "../../base/on_abort.ts";
import { describeError } from "../../base/errors.ts";
import {
  ANSWER_MAX_BYTES,
  type HecConnection,
  type HecRequest,
  type HecResponse,
  hecTlsOptions,
  type HecTransport,
  RequestCutOff,
  SHARED_OPTIONS,
} from "./hec_transport.ts";

/**
 * Each request has its own connection. When a reused one is closed under a request, `fetch` silently sends the request
 * again. The first copy may have been assigned an acknowledgement id, and after a restart of the indexer that is the id of
 * events which the restart has lost.
 */
const IDLE_CONNECTIONS_KEPT = 0;

/** Default ports of URLs; a socks proxy has another one. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/**
 * Largest body of several events over `fetch`, which does not report whether a request is written when the answer comes.
 * The operating system accepts this much at once on a new connection (78 kB measured with packets of 1500 bytes), so all
 * of it is written before any answer can come.
 */
export const FETCH_MAX_BODY_BYTES = 64 * 1024;

/** Deno's messages for a connection that was closed or reset under a request. */
const CUT_OFF = /connection (was )?(closed|reset)|broken pipe|\(os error (32|104)\)/i;

/** Deno's `fetch`, for proxies that `node:http` does not support: HTTP/1.1, certificates checked. */
export class FetchTransport implements HecTransport {
  readonly maxBodyBytes = FETCH_MAX_BODY_BYTES;
  readonly #baseUrl: string;
  readonly #ends: TlsEnds;
  readonly #optionNames: TlsOptionNames;
  readonly #client: Deno.HttpClient;

  constructor({ baseUrl, caCerts, client, proxyUrl, optionPath = SHARED_OPTIONS }: HecConnection) {
    this.#baseUrl = baseUrl;
    this.#optionNames = hecTlsOptions(optionPath);
    this.#ends = { baseUrl, proxyUrl };
    this.#client = Deno.createHttpClient({
      http2: false, // one slow stream for large bodies
      poolMaxIdlePerHost: IDLE_CONNECTIONS_KEPT,
      ...(caCerts.length > 0 && { caCerts: [...caCerts] }),
      ...(client && { cert: client.cert, key: client.key }),
      ...(proxyUrl && { proxy: { url: proxyUrl } }),
    });
  }

  async send(
    { method, path, headers, body }: HecRequest,
    signal: AbortSignal,
  ): Promise<HecResponse> {
    let response: Response;
    try {
      response = await fetch(`${this.#baseUrl}${path}`, {
        method,
        headers,
        ...(body && { body }),
        client: this.#client,
        redirect: "manual",
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof Error)) throw error;
      const explained = explainTls(error, this.#ends, this.#optionNames);
      throw explained === error && isCutOff(error) ? new RequestCutOff(error) : explained;
    }
    return {
      status: response.status,
      retryAfter: response.headers.get("retry-after"),
      location: response.headers.get("location"),
      contentEncoding: response.headers.get("content-encoding"),
      setCookies: response.headers.getSetCookie(),
      body: await readSmallBody(response.body, ANSWER_MAX_BYTES, { cut: true }),
    };
  }

  /** With `node:net`: `Deno.connect` leaks a connection that is made while its signal aborts. */
  async canConnect(signal: AbortSignal): Promise<boolean> {
    const { baseUrl, proxyUrl } = this.#ends;
    const { protocol, hostname, port } = new URL(proxyUrl ?? baseUrl);
    const socket = net.connect({
      host: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port) || (DEFAULT_PORTS[protocol] ?? 1080),
    });
    const { promise, resolve } = Promise.withResolvers<boolean>();
    let isConnected = false;
    using _aborting = onAbort(signal, () => socket.destroy());
    socket.on("connect", () => {
      isConnected = true;
      socket.destroy();
    });
    socket.on("error", () => {}); // a request explains it better
    socket.on("close", () => resolve(isConnected));
    return await promise;
  }

  close(): void {
    this.#client.close();
  }
}

function isCutOff(error: Error): boolean {
  const text = describeError(error);
  return !text.includes("(Connect)") && CUT_OFF.test(text);
}
