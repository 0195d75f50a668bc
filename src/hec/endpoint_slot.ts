import type { Pass } from "../base/breaker.ts";
import type { Endpoint } from "./endpoint.ts";

/** What a request came to, as far as its endpoint is concerned. */
export type SlotResult = "ok" | "failed" | "eject" | "no_answer" | "unknown";

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
   * Gives it back; `failed` and `no_answer` count towards leaving the endpoint alone, `eject` does so at once.
   * @returns how long nothing is sent there now, in milliseconds; 0 unless nothing answers there.
   */
  release(result: SlotResult): number;
}

/** Any answer shows that the endpoint is there. @returns how long nothing is sent there now. */
export function endPass(pass: Pass, result: SlotResult): number {
  if (result === "no_answer") return pass.failed();
  if (result === "unknown") pass.unknown();
  else pass.succeeded();
  return 0;
}
