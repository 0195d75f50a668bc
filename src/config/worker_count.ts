import type { Config } from "./config.ts";
import { leastMemory } from "./least_memory.ts";

/** What `workers: auto` leaves each worker of the requests in flight. */
const LEAST_REQUESTS_EACH = 2;

/**
 * How many workers the data plane runs in; 0 when it runs in the main isolate. Automatic is one a core, but not
 * more than the memory budget and the requests in flight allow, and none where there is one core alone: there a
 * worker would bring nothing.
 */
export function workerCount({ workers, memoryBudgetBytes, hec }: Config, cores: number): number {
  if (workers !== "auto") return workers;
  const { batch, maxEventBytes } = hec;
  const least = leastMemory({ batchMaxBytes: batch.maxBytes, maxEventBytes });
  const byMemory = Math.floor(memoryBudgetBytes / least);
  const byRequests = Math.floor(hec.maxConcurrentRequests / LEAST_REQUESTS_EACH);
  const count = Math.min(cores, byMemory, byRequests);
  return count > 1 ? count : 0;
}
