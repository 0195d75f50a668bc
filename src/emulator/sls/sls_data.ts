import { checkLogGroup } from "../core/sls/check_log_group.ts";
import type { GroupShard } from "../core/sls/group_shard.ts";
import type { LogstoreRef, ShardRef } from "../core/sls/events.ts";
import type { Logstore } from "../core/sls/logstore.ts";
import type { Shard } from "../core/sls/shard.ts";
import type { NewLogstore, SlsStore } from "../core/sls/sls_store.ts";
import { merge, split } from "./split_merge.ts";

/** One shard, as tests look at it. */
interface ShardSummary {
  readonly shard: number;
  readonly status: "readwrite" | "readonly";
  /** Cursor of the oldest retained group. */
  readonly beginCursor: string;
  /** Cursor of the next group to be written. */
  readonly endCursor: string;
  /** Log groups written before the oldest retained one. */
  readonly beginPosition: number;
  /** Log groups ever written. */
  readonly endPosition: number;
}

/**
 * The content of an emulator, without HTTP: for tests that set a scene, the oracle that judges a
 * client, and the demo that writes hundreds of megabytes.
 *
 * A *position* is the number of log groups written to a shard before a point, from 0.
 * What does not exist is thrown as the SlsError that a client would get.
 */
export class SlsData {
  readonly #store: SlsStore;

  constructor(store: SlsStore) {
    this.#store = store;
  }

  /** @param processors Consume processors: the SPL text of each name. */
  createProject(name: string, processors: Readonly<Record<string, string>> = {}): void {
    const project = this.#store.createProject(name);
    for (const [name, spl] of Object.entries(processors)) project.processors.set(name, spl);
  }

  createLogstore(project: string, options: NewLogstore): void {
    this.#store.createLogstore(this.#store.project(project), options);
  }

  /**
   * Writes one encoded log group, past all checks and without a copy: the bytes must stay as they
   * are from now on. A read-only shard takes it too.
   * @param receivedSec Unix seconds of receipt; now by default, and never before the group in front.
   * @returns the group's position.
   */
  append(ref: ShardRef, group: Uint8Array, receivedSec = this.#store.nowSec): number {
    const { log } = this.#shard(ref);
    log.append(group, receivedSec);
    return log.end - 1;
  }

  /** Every shard there is, by id. */
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

  /** Splits a shard at a key of 32 hex digits, or in the middle. @returns the two new ids. */
  split(ref: ShardRef, key?: string): [left: number, right: number] {
    const [, left, right] = split(this.#logstore(ref), ref.shard, key, this.#store.nowSec);
    return [left!.id, right!.id];
  }

  /** Merges a shard with its right neighbour. @returns the new id. */
  merge(ref: ShardRef): number {
    return merge(this.#logstore(ref), ref.shard, this.#store.nowSec)[0]!.id;
  }

  /**
   * Drops the groups before a position or cursor, as the end of their retention would. A read-only
   * shard vanishes when nothing is left of it.
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

  /** The encoded groups between two positions, the second exclusive, of those still retained. */
  groupsBetween(ref: ShardRef, from: number, to: number): Uint8Array[] {
    const { log } = this.#shard(ref);
    const groups: Uint8Array[] = [];
    const end = Math.min(to, log.end);
    for (let at = Math.max(from, log.begin); at < end; at++) groups.push(log.groupAt(at));
    return groups;
  }

  /** The encoded groups that were written before a cursor, of those still retained. */
  groupsBefore(ref: ShardRef, cursor: string): Uint8Array[] {
    return this.groupsBetween(ref, 0, this.positionOf(ref, cursor) ?? 0);
  }

  /** The position that a cursor names, in or outside the shard; undefined if it is no cursor. */
  positionOf(ref: ShardRef, cursor: string): number | undefined {
    return this.#shard(ref).log.positionOf(cursor);
  }

  /** The cursor of a position. */
  cursorAt(ref: ShardRef, position: number): string {
    return this.#shard(ref).log.cursorAt(position);
  }

  /** Retained log groups and their logs. Walks through them all. */
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

  /** The consumers of a group that are alive, and where each shard stands in it. */
  consumerGroup(ref: LogstoreRef, name: string): { consumers: string[]; shards: GroupShard[] } {
    const logstore = this.#logstore(ref);
    const group = logstore.groups.get(name);
    if (!group) throw new RangeError(`Cannot find the consumer group ${name}`);
    return { shards: group.shards(logstore.shardFacts()), consumers: group.consumers };
  }

  /** Forgets a consumer at once, as if its heartbeats had stopped long ago. */
  forgetConsumer(ref: LogstoreRef, group: string, consumer: string): void {
    this.#logstore(ref).groups.get(group)?.forget(consumer);
  }

  /** Deletes a group with its checkpoints. */
  deleteConsumerGroup(ref: LogstoreRef, group: string): void {
    this.#logstore(ref).groups.delete(group);
  }

  /** Bytes of all retained log groups. Walks through them all. */
  get bytesHeld(): number {
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
