import { checkLogGroup } from "../core/sls/check_log_group.ts";
import type { GroupShard } from "../core/sls/group_shard.ts";
import type { LogstoreRef, ShardRef } from "../core/sls/events.ts";
import type { Logstore } from "../core/sls/logstore.ts";
import type { Shard } from "../core/sls/shard.ts";
import type { NewLogstore, SlsStore } from "../core/sls/sls_store.ts";
import { merge, split } from "./split_merge.ts";

/** One shard, for tests. */
interface ShardSummary {
  readonly shard: number;
  readonly status: "readwrite" | "readonly";
  /** Cursor of the oldest retained group. */
  readonly beginCursor: string;
  /** Cursor of the next group to be written. */
  readonly endCursor: string;
  /** Number of log groups written before the oldest retained one. */
  readonly beginPosition: number;
  /** Number of log groups ever written. */
  readonly endPosition: number;
}

/**
 * The content of an emulator, without HTTP: for tests and for the oracle that checks a client.
 *
 * A *position* is the number of log groups written to a shard before it.
 * A project, logstore or shard that does not exist throws the SlsError that a client would get.
 */
export class SlsData {
  readonly #store: SlsStore;

  constructor(store: SlsStore) {
    this.#store = store;
  }

  /**
   * @param processors Consume processors: the SPL text of each name.
   */
  createProject(name: string, processors: Readonly<Record<string, string>> = {}): void {
    const project = this.#store.createProject(name);
    for (const [name, spl] of Object.entries(processors)) project.processors.set(name, spl);
  }

  createLogstore(project: string, options: NewLogstore): void {
    this.#store.createLogstore(this.#store.project(project), options);
  }

  deleteLogstore(project: string, name: string): void {
    this.#store.project(project).logstores.delete(name);
  }

  /**
   * Writes one encoded log group, without checks and without a copy: its bytes must not change
   * afterwards. A read-only shard accepts it too.
   *
   * @param receivedSec Unix seconds of receipt; now by default, and not before the previous group.
   * @returns the group's position.
   */
  append(ref: ShardRef, group: Uint8Array, receivedSec = this.#store.nowSec): number {
    const { log } = this.#shard(ref);
    log.append(group, receivedSec);
    return log.end - 1;
  }

  /** All shards, in order of their ids. */
  shards(ref: LogstoreRef): ShardSummary[] {
    return [...this.#logstore(ref).shards.values()].map(({ id, status, log }) => ({
      shard: id,
      status,
      beginCursor: log.cursorAt(log.begin),
      endCursor: log.cursorAt(log.end),
      beginPosition: log.begin,
      endPosition: log.end,
    }));
  }

  /**
   * Splits a shard at a key of 32 hex digits, or in the middle.
   *
   * @returns the two new ids.
   */
  split(ref: ShardRef, key?: string): [left: number, right: number] {
    const [, left, right] = split(this.#logstore(ref), ref.shard, key, this.#store.nowSec);
    return [left!.id, right!.id];
  }

  /**
   * Merges a shard with its right neighbour.
   *
   * @returns the new id.
   */
  merge(ref: ShardRef): number {
    return merge(this.#logstore(ref), ref.shard, this.#store.nowSec)[0]!.id;
  }

  /**
   * Drops the groups before a position or cursor, as retention does. A read-only shard disappears
   * with its last group.
   */
  expireBefore(ref: ShardRef, before: number | string): void {
    const shard = this.#shard(ref);
    const { log } = shard;
    const position = typeof before === "number" ? before : log.positionOf(before);
    if (position === undefined) throw new RangeError("Cannot expire: expected a cursor");
    log.dropBefore(position);
    if (shard.status === "readonly" && log.begin === log.end) {
      this.#logstore(ref).shards.delete(shard.id);
    }
  }

  /** The retained groups from one position to another, exclusive, encoded. */
  groupsBetween(ref: ShardRef, from: number, to: number): Uint8Array[] {
    const { log } = this.#shard(ref);
    const groups: Uint8Array[] = [];
    const end = Math.min(to, log.end);
    for (let at = Math.max(from, log.begin); at < end; at++) groups.push(log.groupAt(at));
    return groups;
  }

  /** The retained groups before a cursor, encoded. */
  groupsBefore(ref: ShardRef, cursor: string): Uint8Array[] {
    return this.groupsBetween(ref, 0, this.positionOf(ref, cursor) ?? 0);
  }

  /** The position of a cursor, inside the shard or outside; undefined if it is not a cursor. */
  positionOf(ref: ShardRef, cursor: string): number | undefined {
    return this.#shard(ref).log.positionOf(cursor);
  }

  /** The cursor of a position. */
  cursorAt(ref: ShardRef, position: number): string {
    return this.#shard(ref).log.cursorAt(position);
  }

  /** Number of retained log groups and of their logs. Reads them all. */
  countLogs(ref: LogstoreRef): { groups: number; logs: number } {
    let groups = 0, logs = 0;
    for (const { log } of this.#logstore(ref).shards.values()) {
      for (let at = log.begin; at < log.end; at++, groups++) logs += checkLogGroup(log.groupAt(at));
    }
    return { groups, logs };
  }

  /** Names of the consumer groups. */
  consumerGroups(ref: LogstoreRef): string[] {
    return [...this.#logstore(ref).groups.keys()];
  }

  /** The live consumers of a group, and the state of each shard in it. */
  consumerGroup(ref: LogstoreRef, name: string): { consumers: string[]; shards: GroupShard[] } {
    const logstore = this.#logstore(ref);
    const group = logstore.groups.get(name);
    if (!group) throw new RangeError(`Cannot find the consumer group ${name}`);
    return { shards: group.shards(logstore.shardFacts()), consumers: group.consumers };
  }

  /** Removes a consumer at once, as if it had timed out. */
  forgetConsumer(ref: LogstoreRef, group: string, consumer: string): void {
    this.#logstore(ref).groups.get(group)?.forget(consumer);
  }

  /** Deletes a group with its checkpoints. */
  deleteConsumerGroup(ref: LogstoreRef, group: string): void {
    this.#logstore(ref).groups.delete(group);
  }

  /** Bytes of all retained log groups. Reads them all. */
  get bytesKept(): number {
    let bytes = 0;
    for (const { logstores } of this.#store.projects.values()) {
      for (const { shards } of logstores.values()) {
        for (const { log } of shards.values()) {
          for (let at = log.begin; at < log.end; at++) bytes += log.groupAt(at).length;
        }
      }
    }
    return bytes;
  }

  /** Drops the groups that every consumer group has committed. */
  trimConsumed(ref: LogstoreRef): void {
    this.#logstore(ref).trimConsumed();
  }

  #logstore({ project, logstore }: LogstoreRef): Logstore {
    return this.#store.logstore(this.#store.project(project), logstore);
  }

  #shard(ref: ShardRef): Shard {
    return this.#logstore(ref).shard(ref.shard);
  }
}
