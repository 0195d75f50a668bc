import type { SlotResult } from "../base/server_way.ts";
import type { Endpoint } from "./endpoint.ts";

/** The endpoint answered that it accepts no events now. */
export interface Busy {
  /** `Retry-After`, in milliseconds; 0 without it. */
  readonly busyForMs: number;
  /** Whether the endpoint is ejected at once. */
  readonly ejects: boolean;
  /** Whether it refuses this body, again, and accepts others: that is no news of the endpoint. */
  readonly isOfBody?: boolean;
}

/** The right to have one request in flight at one endpoint. */
export interface EndpointSlot {
  readonly endpoint: Endpoint;
  /** Aborts when the endpoint turns out to be dead, so that the request goes elsewhere; undefined for the only one. */
  readonly abandoned: AbortSignal | undefined;
  /** Whether another endpoint has answered since this slot was granted. */
  answersElsewhere(): boolean;
  /** Number of requests with events that this endpoint has decided about so far. */
  readonly decided: number;
  /**
   * Gives the slot back; more than once does nothing. `failed`, busy and no answer count towards the ejection of the
   * endpoint, `eject` ejects it.
   * @returns milliseconds for which the endpoint gets no events now, because of this result.
   */
  release(result: SlotResult | Busy): number;
}
