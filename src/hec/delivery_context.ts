import type { Env } from "../base/env.ts";
import type { ParkReason } from "../dead_letters/dead_letter.ts";
import type { AckMode } from "./ack/ack_mode.ts";
import type { AckPoller } from "./ack/ack_poller.ts";
import type { Endpoint } from "./endpoint.ts";
import type { EndpointPool } from "./endpoint_pool.ts";

/** An event that HEC will never accept. */
export interface RefusedEvent {
  /** Its number in the batch. */
  readonly at: number;
  /** Its envelope as it was sent. */
  readonly envelope: Uint8Array;
  readonly reason: ParkReason;
  /** HTTP status, code and text of the answer. */
  readonly status: number;
  readonly code: number | undefined;
  readonly text: string;
}

/** What a delivery needs besides the batch. */
export interface DeliveryContext {
  /** Id of the source, as it was added to the client. */
  readonly source: string;
  /** Aborts when another consumer owns the events. */
  readonly signal: AbortSignal;
  /** Stores a refused event durably; the event counts as done once this has resolved. */
  readonly park: (event: RefusedEvent) => Promise<void>;
  /** Describes where an event comes from, for messages: shard and cursor. */
  readonly placeOf: (at: number) => string;
}

/** What became of a batch. */
export interface DeliveryReport {
  /** Number of events that HEC accepted (and acknowledged, where the token has that). */
  readonly delivered: number;
  /** Numbers of the parked events in the batch. */
  readonly parked: readonly number[];
  /** Requests beyond those that contained each event once. */
  readonly resends: number;
  readonly ackTimeouts: number;
  /** Whether the memory of the batch's body can be used again: no request can still be reading it. */
  readonly bodyIsFree: boolean;
}

/** What the deliveries of all sources share. */
export interface DeliveryParts {
  readonly env: Env;
  readonly pool: EndpointPool;
  readonly ackMode: AckMode;
  readonly pollerOf: (endpoint: Endpoint) => AckPoller;
}
