import type { Clock } from "../../src/base/clock.ts";
import type { Env } from "../../src/base/env.ts";
import { Secret } from "../../src/base/secret.ts";
import { noTlsFiles, type TlsFiles } from "../../src/base/tls_files.ts";
import { Endpoint } from "../../src/hec/endpoint.ts";
import type { EndpointOptions } from "../../src/hec/endpoint_options.ts";
import { fixedToken } from "../../src/hec/hec_token.ts";
import type {
  HecRequest,
  HecResponse,
  HecTransport,
} from "../../src/hec/transport/hec_transport.ts";
import { RotatingTransport } from "../../src/hec/transport/rotating_transport.ts";

export type Answering = (
  request: HecRequest,
  signal: AbortSignal,
) => HecResponse | Promise<HecResponse>;

/** What HEC answers, without a network. */
export function answer(
  body: unknown,
  { status = 200, setCookies = [] }: { status?: number; setCookies?: string[] } = {},
): HecResponse {
  const bytes = new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body));
  return { status, retryAfter: null, contentEncoding: null, setCookies, body: bytes };
}

export const SUCCESS = { text: "Success", code: 0 };

/** A transport that hands its requests to a function. */
export class FakeTransport implements HecTransport {
  readonly requests: HecRequest[] = [];
  closed = false;
  readonly #answering: Answering;

  constructor(answering: Answering) {
    this.#answering = answering;
  }

  async send(request: HecRequest, signal: AbortSignal): Promise<HecResponse> {
    if (this.closed) throw new Error("The transport is closed");
    signal.throwIfAborted();
    this.requests.push(request);
    request.onSent?.();
    return await this.#answering(request, signal);
  }

  close(): void {
    this.closed = true;
  }
}

/** An answer that never comes: until the signal aborts. */
export function silence(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}

export interface FakeEndpoint {
  readonly endpoint: Endpoint;
  /** One for each connection that was made, in order. */
  readonly transports: FakeTransport[];
  /** All requests, over all connections. */
  readonly requests: HecRequest[];
}

/** An endpoint over fake connections; its channels are called `channel 1`, `channel 2` and so on. */
export function fakeEndpoint(
  clock: Clock,
  answering: Answering,
  options: Partial<EndpointOptions> & Partial<Env> & {
    afterRequests?: number;
    afterMs?: number;
    tls?: TlsFiles;
  } = {},
): FakeEndpoint {
  const transports: FakeTransport[] = [];
  const requests: HecRequest[] = [];
  const { afterRequests = Infinity, afterMs = Infinity, tls = noTlsFiles, ...rest } = options;
  const { telemetry = () => {} } = options;
  const make = () => {
    const transport = new FakeTransport((request, signal) => {
      requests.push(request);
      return answering(request, signal);
    });
    transports.push(transport);
    return transport;
  };
  let channels = 0;
  const endpoint = new Endpoint({ clock, random: () => 0, telemetry }, {
    name: "https://hec",
    transport: new RotatingTransport(make, tls, { afterRequests, afterMs }, clock),
    token: fixedToken(new Secret("t0ken")),
    userAgent: "sls2hec/test",
    timeoutMs: 60_000,
    maxConcurrentRequests: 4,
    uuid: () => `channel ${++channels}`,
    ...rest,
  });
  return { endpoint, transports, requests };
}
