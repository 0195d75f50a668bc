import type { BreakerView } from "../base/breaker.ts";
import type { Secret } from "../base/secret.ts";
import type { HecToken } from "./hec_token.ts";
import type { RotatingTransport } from "./transport/rotating_transport.ts";

/** How one endpoint is reached. */
export interface EndpointOptions {
  /** Base URL, for messages. */
  readonly name: string;
  readonly transport: RotatingTransport;
  readonly token: HecToken;
  readonly userAgent: string;
  readonly timeoutMs: number;
  readonly maxConcurrentRequests: number;
  /** Whether the very first request is sent alone, so that a wrong certificate is met only once. */
  readonly startsAlone?: boolean;
  /** The breaker of the proxy in between. */
  readonly proxy?: BreakerView | undefined;
  /** Name of the proxy for messages, from `nameOf`. */
  readonly proxyName?: string | undefined;
  /** Makes names of channels; `crypto.randomUUID` outside tests. */
  readonly uuid: () => string;
  /** Sent with every request; none when left out. */
  readonly headers?: Readonly<Record<string, Secret>> | undefined;
  /** Where the options are written, for messages; `hec` when left out. */
  readonly optionPath?: string | undefined;
}
