/**
 * The state of a shard in a group (the vendor's Java consumer library):
 * - `free`: may be consumed, has no owner;
 * - `owned`: assigned to one consumer;
 * - `handover`: still with its owner, promised to the consumer `next`;
 * - `wait`: ordered group, an ancestor is not finished;
 * - `done`: read-only, and its checkpoint equals its end. Keeps its last owner, so that a repeated
 *   commit of the same end is accepted.
 */
export type ShardState = "free" | "owned" | "handover" | "wait" | "done";

/** One shard in a group. */
export interface GroupShard {
  readonly id: number;
  state: ShardState;
  /** The consumer that it is assigned to; empty if none. */
  owner: string;
  /** The consumer that it is promised to, in `handover`; otherwise empty. */
  next: string;
  /** The stored cursor; empty before the first commit. */
  checkpoint: string;
  /** When it was stored, in microseconds since 1970; 0 if never. */
  updateTimeUs: number;
}
