import type { Config } from "./config.ts";
import { collectorsOf } from "./items.ts";

/** The requests in flight that `workers: auto` leaves each worker, at least. */
const MIN_REQUESTS_EACH = 2;

/** An isolate needs memory for this many of the largest request bodies, or this many of the largest events. */
const MIN_BATCHES = 4;
const MIN_EVENTS = 2;

/** The options of `hec` that set how much memory an isolate needs. */
export interface LargestBodies {
  /** Of these, the largest request body. */
  readonly batch: { readonly maxBytes: number };
  /** The largest event. */
  readonly maxEventBytes: number;
}

/** The smallest share of the memory budget that an isolate of the data plane can work with, in bytes. */
export function minMemoryBytes({ batch, maxEventBytes }: LargestBodies): number {
  return Math.max(MIN_BATCHES * batch.maxBytes, MIN_EVENTS * maxEventBytes);
}

/**
 * How many workers run the data plane; 0 when it runs in the main isolate. `auto` is one per core, limited by the memory
 * budget and the requests in flight at the collectors with the fewest, and none on a single core, where a worker gains
 * nothing.
 */
export function workerCount(config: Config, cores: number): number {
  const { workers, memoryBudgetBytes } = config;
  if (workers !== "auto") return workers;
  const limits = collectorsOf(config).map((hec) =>
    Math.min(
      Math.floor(memoryBudgetBytes / minMemoryBytes(hec)),
      Math.floor(hec.maxConcurrentRequests / MIN_REQUESTS_EACH),
    )
  );
  const count = Math.min(cores, ...limits);
  return count > 1 ? count : 0;
}
