import type { CheckpointWriter } from "./checkpoint_writer.ts";
import type { PageReport } from "./ports.ts";
import type { ShardLag } from "./shard_lag.ts";

/** A shard that is being read, as a watch sees it. */
export interface WatchedShard {
  readonly shard: number;
  readonly lag: ShardLag;
  readonly writer: Pick<CheckpointWriter, "pending" | "writeNow" | "writeAgain">;
}

/** Follows one shard while it is read. Every member is optional: a watch has those that it needs. */
export interface ShardWatch {
  /** A page was pulled. */
  pulled?(): void;
  /** A pull found nothing new. */
  caughtUp?(): void;
  /** Every log of a page is delivered, filtered or parked. */
  done?(report: PageReport): void;
  /** The data plane died: pages that were not done will be pulled again. */
  restarted?(): void;
  /** A checkpoint was written. */
  checkpointWritten?(): void;
  /**
   * Works beside the reading until `signal` aborts.
   *
   * @throws the reason of `signal`; any other error ends the shard.
   */
  run?(signal: AbortSignal): Promise<void>;
  /** The shard was given back, or lost. */
  ended?(): void;
}

/** Begins to watch a shard. */
export type StartWatch = (shard: WatchedShard) => ShardWatch;
