import type { GroupState, ShardFacts } from "./group_state.ts";
import { evenRanges, inRange, type KeyRange, middleKey } from "./key_range.ts";
import { Shard } from "./shard.ts";
import { parameterInvalid, SlsError } from "./sls_error.ts";

const SECONDS_A_DAY = 86_400;

/** What makes a logstore. */
export interface LogstoreOptions {
  readonly name: string;
  readonly shardCount: number;
  /** Days for which data is kept, by time of receipt. */
  readonly ttlDays: number;
  /** Bytes for which each shard keeps data, beyond the newest group; no bound when undefined. */
  readonly retainBytesPerShard?: number;
  readonly nowSec: number;
  /** Gives the first cursor of each new shard. */
  readonly startCursor: () => bigint;
}

/** One logstore: its shards and consumer groups. */
export class Logstore {
  readonly name: string;
  ttlDays: number;
  readonly createdSec: number;
  /** By id, in order of their creation. */
  readonly shards = new Map<number, Shard>();
  /** By name. */
  readonly groups = new Map<string, GroupState>();
  readonly #retainBytesPerShard: number;
  readonly #startCursor: () => bigint;
  #nextShardId = 0;
  #turn = 0;

  constructor(options: LogstoreOptions) {
    this.name = options.name;
    this.ttlDays = options.ttlDays;
    this.createdSec = options.nowSec;
    this.#retainBytesPerShard = options.retainBytesPerShard ?? Infinity;
    this.#startCursor = options.startCursor;
    for (const range of evenRanges(options.shardCount)) this.#addShard(range, [], options.nowSec);
  }

  /** @throws {SlsError} 400 `ShardNotExist` if there is none, or none any more. */
  shard(id: number): Shard {
    const shard = this.shards.get(id);
    if (!shard) throw new SlsError(400, "ShardNotExist", `shard ${id} does not exist`);
    return shard;
  }

  /** The shards that take writes, in order of their ids. */
  writable(): Shard[] {
    return [...this.shards.values()].filter(({ status }) => status === "readwrite");
  }

  /** The shard whose turn it is when the client leaves the choice to the server. */
  nextShard(): Shard {
    const writable = this.writable();
    return writable[this.#turn++ % writable.length]!; // splitting and merging always leave one
  }

  /** The shard that takes a hash key of 32 hex digits. */
  shardOfKey(key: string): Shard {
    return this.writable().find(({ range }) => inRange(key, range))!; // the ranges leave no gap
  }

  /** Adds a group to a shard, whatever the shard's status. */
  append(shard: Shard, group: Uint8Array, receivedSec: number): void {
    const { log } = shard;
    log.append(group, receivedSec);
    while (log.bytesHeld > this.#retainBytesPerShard && log.begin < log.end - 1) {
      log.dropBefore(log.begin + 1);
    }
  }

  /**
   * Splits a shard at a key, or in the middle.
   * @returns the parent and its two children.
   */
  split(id: number, key: string | undefined, nowSec: number): Shard[] {
    const parent = this.#writableShard(id);
    const { begin, end } = parent.range;
    const middle = (key ?? middleKey(parent.range)).toLowerCase();
    if (!/^[0-9a-f]{32}$/.test(middle) || middle <= begin || middle >= end) {
      throw parameterInvalid("invalid mid hash");
    }
    parent.closeForWrites(nowSec);
    const ancestors = [...parent.ancestors, id];
    return [
      parent,
      this.#addShard({ begin, end: middle }, ancestors, nowSec),
      this.#addShard({ begin: middle, end }, ancestors, nowSec),
    ];
  }

  /**
   * Merges a shard with its right neighbour.
   * @returns the child and its two parents.
   */
  merge(id: number, nowSec: number): Shard[] {
    const left = this.#writableShard(id);
    const right = this.writable().find(({ range }) => range.begin === left.range.end);
    if (!right) throw parameterInvalid("can not merge the last shard");
    left.closeForWrites(nowSec);
    right.closeForWrites(nowSec);
    const ancestors = [...new Set([...left.ancestors, ...right.ancestors, left.id, right.id])];
    const child = this.#addShard(
      { begin: left.range.begin, end: right.range.end },
      ancestors,
      nowSec,
    );
    return [child, left, right];
  }

  #writableShard(id: number): Shard {
    const shard = this.shard(id);
    if (shard.status === "readonly") throw parameterInvalid("invalid shard id");
    return shard;
  }

  #addShard(range: KeyRange, ancestors: readonly number[], createdSec: number): Shard {
    const id = this.#nextShardId++;
    const shard = new Shard({ id, range, createdSec, ancestors, startCursor: this.#startCursor() });
    this.shards.set(id, shard);
    return shard;
  }

  /** Drops what is older than the retention; read-only shards vanish with the last of it. */
  expire(nowSec: number): void {
    const cutOffSec = nowSec - this.ttlDays * SECONDS_A_DAY;
    for (const shard of this.shards.values()) {
      const { log, readOnlySinceSec } = shard;
      if (log.begin < log.end && log.receivedSecAt(log.begin) < cutOffSec) {
        log.dropBefore(log.positionAtTime(cutOffSec));
      }
      if (readOnlySinceSec !== undefined && readOnlySinceSec < cutOffSec) {
        this.shards.delete(shard.id);
      }
    }
  }

  /** What consumer groups must know of the shards. */
  shardFacts(): ShardFacts[] {
    return [...this.shards.values()].map(({ id, ancestors, status, log }) => ({
      id,
      ancestors,
      endCursor: status === "readonly" ? log.cursorAt(log.end) : undefined,
    }));
  }
}
