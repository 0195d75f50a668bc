import type { Clock } from "../base/clock.ts";
import { ShardLease } from "./shard_lease.ts";
import type { TaskEnd } from "./shard_task.ts";

/** How long a shard is left alone that the server grants again after it said that it is gone or another's. */
export const PAUSE_AFTER_END_MS = 5000;

/** Which shards one consumer has: decides what is started and what is given back. */
export class ShardAssignment {
  readonly #clock: Clock;
  readonly #checkTime: () => void;
  readonly #leases = new Map<number, ShardLease>();
  readonly #pausedUntilMs = new Map<number, number>();
  readonly #lostBySilence = new WeakSet<ShardLease>();
  #hasPaused = false;

  /**
   * @param checkTime Loses all leases when their time is over; see `ShardLease`.
   */
  constructor(clock: Clock, checkTime: () => void) {
    this.#clock = clock;
    this.#checkTime = checkTime;
  }

  /** Whether no shard is left, not even one that is being given back. */
  get isEmpty(): boolean {
    return this.#leases.size === 0;
  }

  /** The last answer granted a shard that is left alone for a moment: ask again soon. */
  get hasPaused(): boolean {
    return this.#hasPaused;
  }

  /** What a heartbeat reports: the shards whose leases are not lost, in ascending order. */
  get shards(): number[] {
    return this.#valid().map(({ shard }) => shard).sort((a, b) => a - b);
  }

  /**
   * Follows an answer: asks for the shards back that it no longer grants. A shard that is being given back stays until
   * its task has ended, even when it is granted again meanwhile.
   * @returns leases for the shards that are granted and not read yet.
   */
  follow(granted: ReadonlySet<number>): ShardLease[] {
    for (const lease of this.#leases.values()) {
      if (!granted.has(lease.shard)) lease.revoke("The server gives the shard to another consumer");
    }
    const nowMs = this.#clock.monotonicMs();
    const unread = [...granted].filter((shard) => !this.#leases.has(shard));
    const isPaused = (shard: number) => nowMs < (this.#pausedUntilMs.get(shard) ?? 0);
    this.#hasPaused = unread.some(isPaused);
    return unread.filter((shard) => !isPaused(shard)).map((shard) => {
      const lease = new ShardLease(shard, this.#checkTime);
      this.#leases.set(shard, lease);
      return lease;
    });
  }

  /** Asks for all shards back. */
  revokeAll(reason: string): void {
    for (const lease of this.#leases.values()) lease.revoke(reason);
  }

  /**
   * Ends the right to write of all shards: the server may have given them to others.
   * @returns the shards that had it.
   */
  loseAll(reason: string): number[] {
    return this.#valid().map((lease) => {
      this.#lostBySilence.add(lease);
      lease.lose(reason);
      return lease.shard;
    });
  }

  /** The task of a shard has ended. */
  ended(lease: ShardLease, how: TaskEnd): void {
    // After a loss by silence the server may grant the shard again at once: no other consumer has it then.
    if (how === "gone" || how === "lost" && !this.#lostBySilence.has(lease)) {
      this.#pausedUntilMs.set(lease.shard, this.#clock.monotonicMs() + PAUSE_AFTER_END_MS);
    }
    this.#leases.delete(lease.shard);
  }

  #valid(): ShardLease[] {
    return [...this.#leases.values()].filter(({ lost }) => !lost.aborted);
  }
}
