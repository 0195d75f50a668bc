import type { BreakerView } from "../base/breaker.ts";
import type { Clock } from "../base/clock.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { HecToken } from "./hec_token.ts";
import type { RotatingTransport } from "./transport/rotating_transport.ts";

export interface EndpointOptions {
  /** Base URL, for messages. */
  readonly name: string;
  readonly transport: RotatingTransport;
  readonly token: HecToken;
  readonly userAgent: string;
  readonly timeoutMs: number;
  readonly maxConcurrentRequests: number;
  readonly clock: Clock;
  readonly random: () => number;
  /** Whether the first request of all goes alone, so that a wrong certificate is met once. */
  readonly startsAlone?: boolean;
  /** Of the proxy on the way. */
  readonly proxy?: BreakerView | undefined;
  /** For messages, as `nameOf` says it. */
  readonly proxyName?: string | undefined;
  /** Makes channel names; `crypto.randomUUID` outside tests. */
  readonly uuid: () => string;
  readonly telemetry: Telemetry;
}
