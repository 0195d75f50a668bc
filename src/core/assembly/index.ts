// The hot core: a compressed page in, the bytes of its events out. No imports, no allocator, no collector:
// one memory, whose regions the host lays out.

export { deflate } from "./deflate";
export { jsonKind } from "./json";
export { lz4 } from "./lz4";
export { setSeeds } from "./json_object";
export {
  batchBytes,
  batchEvents,
  beginPage,
  droppedLogs,
  fillBatch,
  oddTimes,
  position,
  rejectedBytes,
  replacedIndexes,
  resumePage,
} from "./page";
export {
  eventsNeeded,
  groupNeeded,
  membersNeeded,
  setRegions,
  textNeeded,
} from "./regions";
export { setMapping } from "./mapping";
export { setNewestTime } from "./time";
export { escape } from "./text";
export { failure, failureAt } from "./wire";

/** First address that regions may use. */
export function regionsStart(): usize {
  return (__heap_base + 63) & ~63;
}
