/** An isolate needs so many times the largest request body, and the largest event, to get on at all. */
const BATCHES = 4;
const EVENTS = 2;

/** The least share of the memory budget that one isolate of the data plane can do with, in bytes. */
export function leastMemory(
  { batchMaxBytes, maxEventBytes }: {
    readonly batchMaxBytes: number;
    readonly maxEventBytes: number;
  },
): number {
  return Math.max(BATCHES * batchMaxBytes, EVENTS * maxEventBytes);
}
