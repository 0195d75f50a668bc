/** What a backfill should do, as the operator wrote it. A state file belongs to one such job. */
export interface BackfillJob {
  /** Where SLS is, such as `https://cn-hangzhou.log.aliyuncs.com`. */
  readonly endpoint: string;
  /** The times as written: `-3h` is the same job after an hour. */
  readonly from: string;
  readonly to: string;
  /** Undefined: all shards. */
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
  /** Cursor after the last log group. */
  readonly to: string;
}
