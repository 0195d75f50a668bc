import type { DrawnId } from "./ack_ids.ts";
import type { HecAnswer } from "../hec_answer.ts";

/** 9 busy, 23 shutting down. */
const TOOK_NOTHING = new Set([9, 23]);

/** What an answer tells of the id that its request drew: a server in trouble may have taken the events. */
export function drawnId(
  { ackId, ackIdUnreadable, status, code, invalidEventNumber }: HecAnswer,
): DrawnId {
  if (ackId !== undefined) return ackId;
  if (ackIdUnreadable) return "unknown";
  // HEC's own words for "nothing of it", unless a busy server names the event at which it stopped.
  if (TOOK_NOTHING.has(code ?? -1) && !invalidEventNumber) return "none";
  return status >= 500 || status === 408 ? "unknown" : "none";
}
