import type { Env } from "../base/env.ts";
import { onAbort } from "../base/on_abort.ts";
import type { DataPlane, RateWait, ShardSource, ShardsPort } from "../consumer/ports.ts";
import { ShardLease } from "../consumer/shard_lease.ts";
import { ShardTask } from "../consumer/shard_task.ts";
import { SourceProgress } from "../consumer/source_progress.ts";
import type { BackfillState, ShardState } from "./backfill_state.ts";

/** A source, as a backfill sees it. */
export interface BackfillSource {
  readonly name: string;
  readonly checkpointIntervalMs: number;
  /** How long shards may finish delivering when the program stops. */
  readonly drainTimeoutMs: number;
  readonly shards: ShardsPort;
  readonly dataPlane: DataPlane;
  /** How long its rates have held it up, from its start. */
  readonly rateWaits: () => readonly RateWait[];
  /** Takes the place of the consumer group's checkpoints, and of the ledger. */
  readonly state: BackfillState;
}

/** Sends one shard's part of a backfill, until it is complete or `stop` aborts. Failures of the servers are retried. */
export async function backfillShard(
  env: Env,
  source: BackfillSource,
  { shard, to }: ShardState,
  stop: AbortSignal,
): Promise<void> {
  const { name, drainTimeoutMs } = source;
  const lease = new ShardLease(shard);
  using _revoking = onAbort(stop, () => lease.revoke("The program stops"));
  const progress = new SourceProgress(env, name, source.rateWaits);
  const end = await new ShardTask(env, withCheckpointsInFile(source), lease, {
    start: "begin", // never used: the state file has a cursor for each shard
    endCursor: to,
    drainTimeoutMs: () => drainTimeoutMs,
    lastWriteTimeoutMs: () => drainTimeoutMs,
    watches: [(shard) => progress.follow(shard)],
  }).run();
  if (end !== "released") env.telemetry({ type: "shard_ended", source: name, shard, how: end });
}

function withCheckpointsInFile(
  { name, checkpointIntervalMs, shards, dataPlane, state }: BackfillSource,
): ShardSource {
  return {
    name,
    consumer: "backfill",
    checkpointIntervalMs,
    shards,
    dataPlane,
    group: {
      checkpoint: (shard) => Promise.resolve(state.shard(name, shard).reached),
      writeCheckpoint: (_consumer, shard, cursor) => {
        state.reach(name, shard, cursor);
        return Promise.resolve({ kind: "written" });
      },
    },
    ledger: {
      pageDone: () => {}, // counted by `cover`
      cover: (source, shard, _consumer, range) => {
        state.cover(source, shard, range);
        return Promise.resolve();
      },
    },
  };
}
