/**
 * Where a shard stands in a group (the vendor's Java consumer library):
 * - `free`: may be consumed, has no owner;
 * - `owned`: held by one consumer;
 * - `handover`: still with its owner, promised to the consumer `next`;
 * - `wait`: ordered group, an ancestor is not finished;
 * - `done`: read-only, and its checkpoint equals its end. Its last owner stays noted, so that a
 *   repeated commit of the same end is not refused.
 */
export type ShardState = "free" | "owned" | "handover" | "wait" | "done";

/** One shard as a group sees it. */
export interface GroupShard {
  readonly id: number;
  state: ShardState;
  /** The consumer that holds it; empty if none does. */
  owner: string;
  /** The consumer it is promised to, in `handover`; otherwise empty. */
  next: string;
  /** The stored cursor; empty if none was ever committed. */
  checkpoint: string;
  /** When it was stored, in microseconds since 1970; 0 if never. */
  updateTimeUs: number;
}
