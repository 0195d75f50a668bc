import type { Endpoint } from "./endpoint.ts";

/** One request on its way. */
export interface InFlight {
  readonly sinceMs: number;
  readonly abandon: AbortController | undefined;
}

/** One endpoint of a pool, and what its requests came to. */
export interface Member {
  readonly endpoint: Endpoint;
  readonly inFlight: Set<InFlight>;
  lastAnswerMs: number;
  /** Number of the last slot that it got, so that those equally free take turns. */
  lastSlot: number;
  failures: number;
  /** Left alone until a probe finds it well. */
  ejected: boolean;
}

/** Whether one more request may be in flight there. */
export function hasRoom({ endpoint, inFlight }: Member): boolean {
  return inFlight.size < endpoint.limit.limit;
}
