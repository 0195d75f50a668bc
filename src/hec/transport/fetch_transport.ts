import net from "node:net";
import { readSmallBody } from "../../base/bounded_body.ts";
import { explainTls, type TlsEnds } from "../../base/explain_tls.ts";
import { describeError } from "../../base/errors.ts";
import {
  ANSWER_MAX_BYTES,
  HEC_TLS_OPTIONS,
  type HecConnection,
  type HecRequest,
  type HecResponse,
  type HecTransport,
  RequestCutOff,
} from "./hec_transport.ts";

/**
 * Each request has a connection of its own. When one that is used a second time is closed under a request, `fetch` sends
 * the request again by itself and tells nobody. The first copy may have drawn an acknowledgement id, and after a restart
 * of the indexer that is the id of events which the restart has lost.
 */
const IDLE_CONNECTIONS_KEPT = 0;

/** Of URLs; a socks proxy has another. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/**
 * Largest body of several events over `fetch`, which does not tell whether it has written a request when the answer
 * comes. So much the system takes at once on a fresh connection (78 kB measured with packets of 1500 bytes), so that
 * it is all written before any answer to it can come.
 */
export const FETCH_MAX_BODY_BYTES = 64 * 1024;

/** What Deno says of a connection that was closed, or reset, under a request. */
const CUT_OFF = /connection (was )?(closed|reset)|broken pipe|\(os error (32|104)\)/i;

/** The way through proxies that `node:http` does not know: Deno's `fetch`, HTTP/1.1, certificates checked. */
export class FetchTransport implements HecTransport {
  readonly maxBodyBytes = FETCH_MAX_BODY_BYTES;
  readonly #baseUrl: string;
  readonly #ends: TlsEnds;
  readonly #client: Deno.HttpClient;

  constructor({ baseUrl, caCerts, client, proxyUrl }: HecConnection) {
    this.#baseUrl = baseUrl;
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
      const explained = explainTls(error, this.#ends, HEC_TLS_OPTIONS);
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

  /** By `node:net`: `Deno.connect` leaves a connection open that is made while its signal aborts. */
  async canConnect(signal: AbortSignal): Promise<boolean> {
    const { baseUrl, proxyUrl } = this.#ends;
    const { protocol, hostname, port } = new URL(proxyUrl ?? baseUrl);
    const socket = net.connect({
      host: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port) || (DEFAULT_PORTS[protocol] ?? 1080),
    });
    const { promise, resolve } = Promise.withResolvers<boolean>();
    let isConnected = false;
    const abort = () => socket.destroy();
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    socket.on("connect", () => {
      isConnected = true;
      socket.destroy();
    });
    socket.on("error", () => {}); // whatever the reason: a request says it better
    socket.on("close", () => {
      signal.removeEventListener("abort", abort);
      resolve(isConnected);
    });
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
