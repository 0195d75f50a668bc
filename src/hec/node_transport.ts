import { Buffer } from "node:buffer";
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import {
  ANSWER_MAX_BYTES,
  type HecConnection,
  type HecRequest,
  type HecResponse,
  type HecTransport,
} from "./hec_transport.ts";

/** As for `fetch`: Splunk closes idle connections after 12 seconds while it is busy. */
const POOL_IDLE_TIMEOUT_MS = 10_000;

/** Deno 2.6 has another `node:http`, which ends the whole process when an answer breaks off. */
export const nodeHttpIsSound = !("IncomingMessageForClient" in http);

/**
 * The way without TLS, where `node:http` takes half of the time of `fetch` for a body of a megabyte (bench
 * "nginx plain"); and the way for `tls.verify: false`: `node:https`, because `fetch` cannot accept the
 * certificate that a Splunk makes for itself (version 1, without a name) nor skip the check at run time.
 */
export class NodeTransport implements HecTransport {
  readonly #baseUrl: string;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;

  constructor({ baseUrl, caCerts, client, proxyUrl }: HecConnection) {
    this.#baseUrl = baseUrl;
    if (baseUrl.startsWith("http:")) {
      this.#request = http.request;
      this.#agent = new http.Agent({ keepAlive: true, timeout: POOL_IDLE_TIMEOUT_MS });
      return;
    }
    this.#request = https.request;
    this.#agent = new https.Agent(
      {
        keepAlive: true,
        timeout: POOL_IDLE_TIMEOUT_MS,
        rejectUnauthorized: false,
        checkServerIdentity: () => undefined,
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
    const request = this.#request(`${this.#baseUrl}${path}`, {
      method,
      agent: this.#agent,
      headers: { ...headers, "content-length": String(body?.length ?? 0) },
    }, (response) => collect(response, resolve, reject));
    const abort = () => {
      request.destroy();
      reject(signal.reason); // not left to events, which some versions of Deno do not send
    };
    signal.addEventListener("abort", abort, { once: true });
    request.on("error", reject);
    request.on("close", () => {
      signal.removeEventListener("abort", abort);
      reject(new Error("The connection was closed before the whole answer came"));
    });
    request.end(body);
    return promise;
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
