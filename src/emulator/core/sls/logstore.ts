import type { GroupState, ShardFacts } from "./group_state.ts";
import { evenRanges, inRange, type KeyRange } from "./key_range.ts";
import { Shard } from "./shard.ts";
import { SlsError } from "./sls_error.ts";

/** What a logstore holds: logs, metrics or events. */
export type TelemetryType = "None" | "Metrics" | "Event";

/** How a logstore is set up. */
interface LogstoreOptions {
  readonly name: string;
  readonly shardCount: number;
  /** Days for which data is kept, by time of receipt. */
  readonly ttlDays: number;
  /** `None` by default. */
  readonly telemetryType?: TelemetryType;
  readonly nowSec: number;
  /** Returns the first cursor of each new shard. */
  readonly startCursor: () => bigint;
}

/** One logstore: its shards and consumer groups. */
export class Logstore {
  readonly name: string;
  ttlDays: number;
  readonly createdSec: number;
  readonly telemetryType: TelemetryType;
  /** By id, in order of their creation. */
  readonly shards = new Map<number, Shard>();
  /** By name. */
  readonly groups = new Map<string, GroupState>();
  readonly #startCursor: () => bigint;
  #nextShardId = 0;
  #nextWrite = 0;

  constructor(options: LogstoreOptions) {
    this.name = options.name;
    this.ttlDays = options.ttlDays;
    this.createdSec = options.nowSec;
    this.telemetryType = options.telemetryType ?? "None";
    this.#startCursor = options.startCursor;
    for (const range of evenRanges(options.shardCount)) this.addShard(range, [], options.nowSec);
  }

  /**
   * @throws {SlsError} 400 `ShardNotExist` if there is no such shard, or it has expired.
   */
  shard(id: number): Shard {
    const shard = this.shards.get(id);
    if (!shard) throw new SlsError(400, "ShardNotExist", `shard ${id} does not exist`);
    return shard;
  }

  /** The writable shards, in order of their ids. */
  writable(): Shard[] {
    return [...this.shards.values()].filter(({ status }) => status === "readwrite");
  }

  /** The shard for a write that names none: the writable shards in turn. */
  nextShard(): Shard {
    const writable = this.writable();
    return writable[this.#nextWrite++ % writable.length]!; // splitting and merging always leave at least one
  }

  /** The writable shard of a hash key of 32 hex digits. */
  shardOfKey(key: string): Shard {
    return this.writable().find(({ range }) => inRange(key, range))!; // their ranges have no gap
  }

  /** Adds a writable shard. */
  addShard(range: KeyRange, ancestors: readonly number[], createdSec: number): Shard {
    const id = this.#nextShardId++;
    const shard = new Shard({ id, range, createdSec, ancestors, startCursor: this.#startCursor() });
    this.shards.set(id, shard);
    return shard;
  }

  /**
   * Drops the groups that every consumer group has committed. Without consumer groups nothing is
   * dropped, and a shard without a commit keeps everything.
   */
  trimConsumed(): void {
    if (this.groups.size === 0) return;
    const facts = this.shardFacts();
    const committed = new Map<number, number>();
    for (const group of this.groups.values()) {
      for (const { id, checkpoint } of group.shards(facts)) {
        const position = this.shard(id).log.positionOf(checkpoint) ?? 0;
        committed.set(id, Math.min(position, committed.get(id) ?? Infinity));
      }
    }
    for (const [id, position] of committed) this.shard(id).log.dropBefore(position);
  }

  /** What consumer groups must know about the shards. */
  shardFacts(): ShardFacts[] {
    return [...this.shards.values()].map(({ id, ancestors, status, log }) => ({
      id,
      ancestors,
      endCursor: status === "readonly" ? log.cursorAt(log.end) : undefined,
    }));
  }
}
