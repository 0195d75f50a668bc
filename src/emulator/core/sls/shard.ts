import type { KeyRange } from "./key_range.ts";
import { ShardLog } from "./shard_log.ts";

/** How a shard is set up. */
interface ShardOptions {
  readonly id: number;
  readonly range: KeyRange;
  readonly createdSec: number;
  readonly startCursor: bigint;
  /** The shards that it descends from by splits and merges. */
  readonly ancestors: readonly number[];
}

/** One shard of a logstore: a range of hash keys and its log groups. */
export class Shard {
  readonly id: number;
  readonly range: KeyRange;
  readonly createdSec: number;
  readonly ancestors: readonly number[];
  readonly log: ShardLog;
  #readOnlySinceSec: number | undefined;

  constructor({ id, range, createdSec, startCursor, ancestors }: ShardOptions) {
    this.id = id;
    this.range = range;
    this.createdSec = createdSec;
    this.ancestors = ancestors;
    this.log = new ShardLog(startCursor);
  }

  /** When it was split or merged, in Unix seconds; undefined while it accepts writes. */
  get readOnlySinceSec(): number | undefined {
    return this.#readOnlySinceSec;
  }

  get status(): "readwrite" | "readonly" {
    return this.#readOnlySinceSec === undefined ? "readwrite" : "readonly";
  }

  /** Makes it read-only, as splits and merges do at once. */
  closeForWrites(nowSec: number): void {
    this.#readOnlySinceSec = nowSec;
  }

  /** Its entry in the answers of ListShards, SplitShard and MergeShard. */
  toJSON(): Record<string, string | number> {
    return {
      shardID: this.id,
      status: this.status,
      inclusiveBeginKey: this.range.begin,
      exclusiveEndKey: this.range.end,
      createTime: this.createdSec,
    };
  }
}
