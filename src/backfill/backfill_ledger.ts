import { groupsBetween, hasReached } from "../base/cursor.ts";
import type { ShardState } from "./backfill_state.ts";

/** What became of a backfill's logs: fetched = delivered + filtered + parked. */
export interface BackfillLedger {
  readonly fetched: number;
  readonly delivered: number;
  readonly filtered: number;
  readonly parked: number;
  readonly rawBytes: number;
  readonly resends: number;
  /** Ranges that had expired before they could be read. */
  readonly expired: number;
  readonly shards: number;
  readonly shardsDone: number;
  /** Log groups read so far, and in all; undefined when cursors are not numbers. */
  readonly groupsDone: number | undefined;
  readonly groups: number | undefined;
}

/** Sums over the shards of a backfill. */
export function sumShards(shards: readonly ShardState[]): BackfillLedger {
  const sum = (of: (shard: ShardState) => number) =>
    shards.reduce((total, shard) => total + of(shard), 0);
  const groups = sum(({ from, to }) => Math.max(0, groupsBetween(from, to) ?? NaN));
  const left = sum(({ reached, to }) => Math.max(0, groupsBetween(reached, to) ?? NaN));
  const counted = !Number.isNaN(groups) && !Number.isNaN(left);
  return {
    fetched: sum(({ fetched }) => fetched),
    delivered: sum(({ delivered }) => delivered),
    filtered: sum(({ filtered }) => filtered),
    parked: sum(({ parked }) => parked),
    rawBytes: sum((shard) => shard.raw_bytes),
    resends: sum(({ resends }) => resends),
    expired: sum(({ expired }) => expired.length),
    shards: shards.length,
    shardsDone: shards.filter(isDone).length,
    groupsDone: counted ? groups - left : undefined,
    groups: counted ? groups : undefined,
  };
}

/** Whether a shard is read to its end. */
export function isDone({ reached, to }: ShardState): boolean {
  return hasReached(reached, to);
}
