/** What a backfill is asked to do, in the operator's words: a state file belongs to one of these. */
export interface BackfillJob {
  /** Where SLS is, such as `https://cn-hangzhou.log.aliyuncs.com`. */
  readonly endpoint: string;
  /** The times as they were written: `-3h` stays the same job after an hour. */
  readonly from: string;
  readonly to: string;
  /** Undefined: all that the sources have. */
  readonly shards: readonly number[] | undefined;
  readonly sources: readonly {
    readonly name: string;
    readonly query: string | undefined;
    readonly processor: string | undefined;
  }[];
}

/** One shard's part of a backfill. */
export interface ShardRange {
  readonly source: string;
  readonly shard: number;
  /** Cursor of the first log group. */
  readonly from: string;
  /** Cursor behind the last one, exclusive. */
  readonly to: string;
}
