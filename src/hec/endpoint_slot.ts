import type { Endpoint } from "./endpoint.ts";
import type { SlotResult } from "../base/server_way.ts";

/** What became of the request of a slot. */
export type SlotEnd = SlotResult | Busy;

/** The endpoint answered that it takes no events now. */
export interface Busy {
  /** As `Retry-After` says. */
  readonly busyForMs: number;
  /** Whether it is to be left alone at once. */
  readonly ejects: boolean;
}

/** The right to have one request in flight at one endpoint. */
export interface EndpointSlot {
  readonly endpoint: Endpoint;
  /**
   * Aborts when the endpoint turns out to be dead, and the request is to go elsewhere; undefined where there
   * is no other.
   */
  readonly abandoned: AbortSignal | undefined;
  /** Whether another endpoint has answered since this slot was given. */
  answersElsewhere(): boolean;
  /**
   * Gives it back; `failed` and no answer count towards leaving the endpoint alone, `eject` does so at once.
   * @returns how long no events are sent there now, in milliseconds.
   */
  release(result: SlotEnd): number;
}
