import type { Clock } from "../base/clock.ts";
import type { AckMode } from "./ack/ack_mode.ts";
import type { AckPoller } from "./ack/ack_poller.ts";
import type { Endpoint } from "./endpoint.ts";
import type { EndpointPool } from "./endpoint_pool.ts";
import type { RefusedEvent } from "./refused_event.ts";
import type { Route } from "./route.ts";

export interface DeliveryOptions {
  readonly route: Route;
  readonly ackMode: AckMode;
  readonly pollerOf: (endpoint: Endpoint) => AckPoller;
  readonly pool: EndpointPool;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborts when the events are no longer ours to deliver. */
  readonly signal: AbortSignal;
  /** Keeps a refused event durably; the event counts as done only when this has resolved. */
  readonly park: (event: RefusedEvent) => Promise<void>;
  /** Where an event comes from, for messages: shard and cursor. */
  readonly placeOf: (at: number) => string;
}
