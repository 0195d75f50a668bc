import type { Clock } from "../../../base/clock.ts";
import { decodeCursor, isBase64 } from "./cursor.ts";
import type { GroupShard, ShardState } from "./group_shard.ts";
import { rebalance } from "./rebalance.ts";
import { parameterInvalid, SlsError } from "./sls_error.ts";

/** What a group needs to know about a shard. */
export interface ShardFacts {
  readonly id: number;
  /** All shards that it descends from; expired ones count as finished. */
  readonly ancestors: readonly number[];
  /** Its end, if it is read-only; undefined while it accepts writes. */
  readonly endCursor: string | undefined;
}

/** A consumer's commit of a checkpoint. */
interface CheckpointUpdate {
  /** May be empty with `force`. */
  readonly consumer: string;
  readonly shard: number;
  readonly checkpoint: string;
  /** Whether it succeeds although the consumer does not own the shard. */
  readonly force: boolean;
}

/** Settings of a group. */
export interface GroupSettings {
  /** Seconds without a heartbeat after which a consumer is removed. */
  readonly timeoutSec: number;
  /** Whether a shard waits until the shards it descends from are finished. */
  readonly order: boolean;
}

/**
 * One consumer group: live consumers, owners of shards, checkpoints.
 *
 * There are no timers: every call first removes the consumers that have timed out and applies new,
 * finished and expired shards. Only a heartbeat assigns shards.
 */
export class GroupState {
  #settings: GroupSettings;
  readonly #clock: Clock;
  /** Time of the last heartbeat of each live consumer, in monotonic milliseconds. */
  readonly #heardMs = new Map<string, number>();
  readonly #shards = new Map<number, GroupShard>();

  constructor(settings: GroupSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  get settings(): GroupSettings {
    return this.#settings;
  }

  /** Names of the consumers that are alive, sorted. */
  get consumers(): string[] {
    return [...this.#heardMs.keys()].sort();
  }

  /**
   * Changes settings. Turning `order` off frees all waiting shards; turning it on affects only later
   * shards.
   */
  update(settings: Partial<GroupSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    if (this.#settings.order) return;
    for (const shard of this.#shards.values()) if (shard.state === "wait") shard.state = "free";
  }

  /**
   * A consumer reports that it is alive, and which shards it still works on.
   *
   * @returns the ids of the shards that it owns and that are not promised to another, sorted.
   * @throws {SlsError} 400 `NotExistConsumerWithBody` if an unknown consumer reports shards: they may
   * all have other owners by now.
   */
  heartbeat(consumer: string, reported: readonly number[], facts: readonly ShardFacts[]): number[] {
    this.#forgetSilent();
    if (!this.#heardMs.has(consumer) && reported.length > 0) {
      throw new SlsError(
        400,
        "NotExistConsumerWithBody",
        "non-exist consumer with non-empty body of heartbeat message",
      );
    }
    this.#heardMs.set(consumer, this.#clock.monotonicMs());
    for (const shard of this.#shards.values()) {
      if (shard.state === "handover" && shard.owner === consumer && !reported.includes(shard.id)) {
        become(shard, "owned", shard.next);
      }
    }
    this.#notice(facts);
    rebalance([...this.#shards.values()], this.consumers);
    return [...this.#shards.values()]
      .filter(({ state, owner }) => state === "owned" && owner === consumer)
      .map(({ id }) => id).sort((a, b) => a - b);
  }

  /**
   * Stores a checkpoint. Any cursor is accepted: also an older one, one after the end, or one of
   * another shard.
   *
   * @returns the previous checkpoint.
   * @throws {SlsError} 404 `ShardNotExist` or `ConsumerNotExist`, 400 `ConsumerNotMatch` or
   * `InvalidShardCheckPoint`.
   */
  updateCheckpoint(update: CheckpointUpdate, facts: readonly ShardFacts[]): string {
    this.#forgetSilent();
    this.#notice(facts);
    const { consumer, checkpoint, force } = update;
    if (!isBase64(checkpoint)) {
      const message = "shard checkpoint not encoded by base64";
      throw new SlsError(400, "InvalidShardCheckPoint", message);
    }
    const shard = this.#shards.get(update.shard);
    if (!shard) throw new SlsError(404, "ShardNotExist", `shard ${update.shard} does not exist`);
    if (!force) this.#expectOwner(shard, consumer);
    const previous = shard.checkpoint;
    shard.checkpoint = checkpoint;
    shard.updateTimeUs = Math.round(this.#clock.nowMs() * 1000);
    this.#notice(facts);
    return previous;
  }

  #expectOwner(shard: GroupShard, consumer: string): void {
    if (consumer === "") throw parameterInvalid("consumer is required unless forceSuccess is true");
    if (!this.#heardMs.has(consumer)) {
      const message = "consumer not exist in the consumer group";
      throw new SlsError(404, "ConsumerNotExist", message);
    }
    if (shard.owner !== consumer) {
      const message = `shard ${shard.id} does not belong to consumer ${consumer}`;
      throw new SlsError(400, "ConsumerNotMatch", message);
    }
  }

  /** A copy of every shard of the group, sorted by id. */
  shards(facts: readonly ShardFacts[]): GroupShard[] {
    this.#forgetSilent();
    this.#notice(facts);
    return [...this.#shards.values()].map((shard) => ({ ...shard })).sort((a, b) => a.id - b.id);
  }

  /** Removes a consumer at once, as if it had timed out. Unknown names are ignored. */
  forget(consumer: string): void {
    this.#heardMs.delete(consumer);
    for (const shard of this.#shards.values()) {
      if (shard.next === consumer) become(shard, "owned", shard.owner);
      if (shard.owner === consumer) become(shard, shard.state === "done" ? "done" : "free", "");
    }
  }

  #forgetSilent(): void {
    const nowMs = this.#clock.monotonicMs();
    const timeoutMs = this.#settings.timeoutSec * 1000;
    for (const [consumer, heardMs] of this.#heardMs) {
      if (nowMs - heardMs > timeoutMs) this.forget(consumer);
    }
  }

  /** Applies changes of the shards and of the checkpoints of read-only shards. */
  #notice(facts: readonly ShardFacts[]): void {
    const present = new Set(facts.map(({ id }) => id));
    for (const id of this.#shards.keys()) if (!present.has(id)) this.#shards.delete(id);
    const arrived: GroupShard[] = [];
    for (const { id, endCursor } of facts) {
      let shard = this.#shards.get(id);
      if (!shard) {
        shard = { id, state: "free", owner: "", next: "", checkpoint: "", updateTimeUs: 0 };
        this.#shards.set(id, shard);
        arrived.push(shard);
      }
      const finished = endCursor !== undefined && sameCursor(shard.checkpoint, endCursor);
      if (finished && shard.state !== "done") become(shard, "done", shard.owner);
      if (!finished && shard.state === "done") become(shard, "free", "");
    }
    if (this.#settings.order) { for (const shard of arrived) shard.state = "wait"; }
    const done = (id: number) => !present.has(id) || this.#shards.get(id)?.state === "done";
    for (const { id, ancestors } of facts) {
      const shard = this.#shards.get(id);
      if (shard?.state === "wait" && ancestors.every(done)) shard.state = "free";
    }
  }
}

function become(shard: GroupShard, state: ShardState, owner: string): void {
  shard.state = state;
  shard.owner = owner;
  shard.next = "";
}

function sameCursor(a: string, b: string): boolean {
  return a === b || (a !== "" && decodeCursor(a) === decodeCursor(b));
}
