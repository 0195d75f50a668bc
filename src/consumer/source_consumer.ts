import { backoffMs } from "../base/backoff.ts";
import { describeError } from "../base/operator_error.ts";
import { TaskGroup } from "../base/task_group.ts";
import { withTimeout } from "../base/timeout.ts";
import { troubleOf } from "../base/trouble_of.ts";
import { InterruptibleSleep } from "../base/interruptible_sleep.ts";
import { Membership, type MembershipOptions } from "./membership.ts";
import type { LogstorePort } from "./ports.ts";
import { ReadOnlyShards } from "./read_only_shards.ts";
import { releaseShards } from "./release_shards.ts";
import { Retention } from "./retention.ts";
import { ShardLease } from "./shard_lease.ts";
import { ShardTask, type ShardTaskOptions, type TaskEnd } from "./shard_task.ts";
import { SourceProgress } from "./source_progress.ts";
import { StartPlaces } from "./start_places.ts";

const RETRY = { baseMs: 1000, capMs: 30_000 };
/** The heartbeat that releases the shards is tried this long; without it others wait for the timeout. */
const RELEASE_TIMEOUT_MS = 2000;
/** What a call of a stopping program gets at least: the time to drain may be over when it comes to it. */
const LAST_CALL_LEAST_MS = 700;
/** How long a shard is left alone that the server grants again though it said that it is gone or another's. */
const PAUSE_AFTER_END_MS = 5000;
/** Least time between two lists of the shards; in an ordered group other shards may wait for the news. */
const LIST_SHARDS_MS = 30_000;
const LIST_SHARDS_IN_ORDER_MS = 5000;
/** The call ends itself first, as its own error says where it went. */
const TIMEOUT_SLACK_MS = 100;
/** Least time between two heartbeats, however often shards end. */
const HEARTBEAT_LEAST_MS = 200;

export interface SourceConsumerOptions extends
  Omit<
    ShardTaskOptions,
    | "group"
    | "drainTimeoutMs"
    | "lastWriteTimeoutMs"
    | "readOnlyShards"
    | "retention"
    | "progress"
    | "delivered"
    | "onFinished"
  >,
  MembershipOptions {
  readonly logstore: LogstorePort;
  /** How long shards may finish what is in hand when the program stops. */
  readonly drainTimeoutMs: number;
}

/**
 * One member of one consumer group: its heartbeats, and a task for each shard that they grant.
 *
 * The heartbeat starts first and stops last, and its answer alone starts and stops shards.
 */
export class SourceConsumer {
  readonly #options: SourceConsumerOptions;
  readonly #leases = new Map<number, ShardLease>();
  readonly #delivered = new Map<number, string>();
  readonly #pausedUntilMs = new Map<number, number>();
  readonly #lostBySilence = new WeakSet<ShardLease>();
  readonly #wake: InterruptibleSleep;
  readonly #membership: Membership;
  readonly #readOnlyShards: ReadOnlyShards;
  readonly #retention: Retention;
  readonly #startPlaces: StartPlaces;
  readonly #progress: SourceProgress;
  /** When the last heartbeat that succeeded was sent: the server counts from its receipt, so not later. */
  #lastSuccessMs = 0;
  /** Ends the heartbeat in flight when there is nothing left to send one for. */
  #beating = new AbortController();
  /** The last answer granted a shard that is left alone for a moment: ask again soon. */
  #askSoon = false;
  /** A heartbeat was sent, so that the server may count this consumer in. */
  #announced = false;
  #stopping = false;
  #stopDeadlineMs = Infinity;
  #abandoned = 0;

  constructor(options: SourceConsumerOptions) {
    this.#options = options;
    this.#wake = new InterruptibleSleep(options.clock);
    this.#membership = new Membership(options);
    this.#retention = new Retention(options);
    this.#startPlaces = new StartPlaces(options);
    this.#progress = new SourceProgress(options);
    const { shards, clock } = options;
    const intervalMs = () => this.#membership.inOrder ? LIST_SHARDS_IN_ORDER_MS : LIST_SHARDS_MS;
    this.#readOnlyShards = new ReadOnlyShards({ shards, clock, intervalMs });
  }

  /**
   * Runs until `stop` aborts and every shard is finished or given up.
   * @returns how many shards still had logs in hand; those stay in SLS for the next start.
   */
  async run(stop: AbortSignal): Promise<number> {
    const { telemetry, source, clock, drainTimeoutMs } = this.#options;
    {
      await using starting = new TaskGroup(stop);
      starting.spawn("join", (signal) => this.#membership.join(signal));
      starting.spawn("list shards", (signal) => this.#startPlaces.learn(signal));
      await starting.join();
    }
    if (stop.aborted) return 0;
    const onStop = () => {
      this.#stopping = true;
      this.#stopDeadlineMs = clock.monotonicMs() + drainTimeoutMs;
      for (const lease of this.#leases.values()) lease.revoke("The program stops");
      this.#endBeatingWhenDone();
    };
    if (stop.aborted) onStop();
    stop.addEventListener("abort", onStop, { once: true });
    try {
      await using tasks = new TaskGroup();
      await using watches = new TaskGroup();
      watches.spawn(
        "group settings",
        (signal) => this.#membership.watch(() => this.#wake.wake(), signal),
      );
      watches.spawn("progress", (signal) => this.#progress.run(signal));
      try {
        await this.#beatUntilDone(tasks);
      } finally {
        watches.abort(new DOMException("The heartbeats have ended", "AbortError"));
        this.#loseAll("The heartbeats have ended"); // none is held unless an unexpected error ended them
      }
    } finally {
      stop.removeEventListener("abort", onStop);
    }
    if (this.#announced) {
      const timeoutMs = Math.min(RELEASE_TIMEOUT_MS, this.#lastCallMs());
      await releaseShards(this.#options, timeoutMs, this.#membership.groupTimeoutMs);
    }
    this.#progress.end();
    telemetry({ type: "source_released", source, undelivered: this.#abandoned });
    return this.#abandoned;
  }

  /** Wakes the heartbeats; without shards to hold, a stopping member also ends the one in flight. */
  #endBeatingWhenDone(): void {
    if (this.#stopping && this.#leases.size === 0) this.#beating.abort();
    this.#wake.wake();
  }

  async #beatUntilDone(tasks: TaskGroup): Promise<void> {
    const { clock, random, telemetry, source } = this.#options;
    const about = `${source}: send a heartbeat`;
    this.#lastSuccessMs = clock.monotonicMs();
    let failures = 0;
    let restarts = 0;
    while (!(this.#stopping && this.#leases.size === 0)) {
      this.#loseAllIfLate();
      let waitMs = this.#membership.intervalMs;
      try {
        restarts = await this.#beat(tasks) ? 0 : restarts + 1;
        // After an answer that was long on its way the next heartbeat must not come too late.
        waitMs = Math.max(0, Math.min(waitMs, this.#leftMs() - waitMs));
        if (failures > 0) telemetry({ type: "recovered", about });
        failures = 0;
        if (restarts > 0) waitMs = Math.min(waitMs, backoffMs(RETRY, restarts, random));
        else if (this.#askSoon) waitMs = Math.min(waitMs, PAUSE_AFTER_END_MS);
      } catch (error) {
        if (this.#beating.signal.aborted) return;
        failures++;
        waitMs = Math.min(waitMs, backoffMs(RETRY, failures, random));
        this.#loseAllIfLate();
        if (this.#leftMs() > 0) waitMs = Math.min(waitMs, this.#leftMs());
        telemetry(troubleOf(about, error, "It is tried again", waitMs, { source }));
      }
      if (this.#stopping && this.#leases.size === 0) return;
      // Two sleeps to one point in time: what passes while the process stands still counts.
      const untilMs = clock.monotonicMs() + waitMs;
      await clock.sleep(Math.min(HEARTBEAT_LEAST_MS, waitMs));
      await this.#wake.sleep(Math.max(0, untilMs - clock.monotonicMs()));
    }
  }

  /** Time until the server may give this consumer's shards to others. */
  #leftMs(): number {
    return this.#lastSuccessMs + this.#membership.groupTimeoutMs -
      this.#options.clock.monotonicMs();
  }

  #loseAllIfLate(): void {
    if (this.#leftMs() > 0) return;
    this.#progress.serverFellSilent();
    this.#loseAll("No heartbeat succeeded within the group's timeout");
  }

  /** @returns false when the server knows nothing of this consumer's shards: all begins anew. */
  async #beat(tasks: TaskGroup): Promise<boolean> {
    const { group, consumer, clock } = this.#options;
    const sentMs = clock.monotonicMs();
    const held = [...this.#leases.values()].filter((lease) => !lease.lost.aborted)
      .map(({ shard }) => shard).sort((a, b) => a - b);
    // Not beyond the moment at which everything is lost; once it is, there is no deadline to meet.
    const leftMs = this.#leftMs();
    const timeoutMs = leftMs > 0
      ? Math.min(this.#membership.intervalMs, leftMs)
      : this.#membership.intervalMs;
    this.#announced = true;
    const answer = await withTimeout(
      { what: "The heartbeat", timeoutMs: timeoutMs + TIMEOUT_SLACK_MS },
      clock,
      this.#beating.signal,
      (signal) => group.heartbeat(consumer, held, timeoutMs, signal),
    );
    this.#lastSuccessMs = sentMs;
    // An answer that was read long after it came, as in a process that was stopped, says nothing any more.
    if (this.#leftMs() <= 0) return this.#loseAllIfLate(), false;
    if (answer.kind === "held") {
      this.#progress.serverAnswered();
      this.#apply(new Set(answer.shards), tasks);
      return true;
    }
    this.#loseAll(answer.message);
    // The group is gone, or another member has given it a timeout that is shorter than our silence.
    await this.#membership.joinOnce(this.#beating.signal);
    return false;
  }

  #apply(granted: ReadonlySet<number>, tasks: TaskGroup): void {
    for (const lease of this.#leases.values()) {
      if (!granted.has(lease.shard)) lease.revoke("The server gives the shard to another consumer");
    }
    if (this.#stopping) return;
    const nowMs = this.#options.clock.monotonicMs();
    this.#askSoon = false;
    const taken: number[] = [];
    for (const shard of granted) {
      if (this.#leases.has(shard)) continue;
      if (nowMs < (this.#pausedUntilMs.get(shard) ?? 0)) {
        this.#askSoon = true;
        continue;
      }
      const lease = new ShardLease(shard, () => this.#loseAllIfLate());
      this.#leases.set(shard, lease);
      taken.push(shard);
      tasks.spawn(`shard ${shard}`, () => this.#runShard(lease));
    }
    const { source, telemetry } = this.#options;
    if (taken.length > 0) telemetry({ type: "shards_granted", source, shards: taken });
  }

  async #runShard(lease: ShardLease): Promise<void> {
    const { source, clock, telemetry } = this.#options;
    const { shard } = lease;
    let how: TaskEnd = "lost";
    try {
      how = await new ShardTask(lease, {
        ...this.#options,
        readOnlyShards: this.#readOnlyShards,
        start: this.#startPlaces.of(shard),
        retention: this.#retention,
        progress: this.#progress,
        delivered: this.#delivered,
        onFinished: () => this.#wake.wake(),
        drainTimeoutMs: () =>
          this.#stopping
            ? this.#options.drainTimeoutMs
            : Math.max(this.#options.drainTimeoutMs, this.#membership.groupTimeoutMs),
        lastWriteTimeoutMs: () => this.#lastCallMs(),
      }).run();
    } catch (error) { // a fault of this program: say it, and begin again at the checkpoint
      const about = `${source} shard ${shard}: read and deliver`;
      const message = `An unexpected error ended the shard: ${describeError(error)}`;
      const hint = "It begins again at its checkpoint; report this error";
      const more = { message, hint, source, shard };
      telemetry(troubleOf(about, error, hint, PAUSE_AFTER_END_MS, more));
    }
    if (how === "abandoned" && this.#stopping) this.#abandoned++;
    // Lost by silence: the server may grant it anew at once, and nobody else has it then.
    if (how === "gone" || how === "lost" && !this.#lostBySilence.has(lease)) {
      this.#pausedUntilMs.set(shard, clock.monotonicMs() + PAUSE_AFTER_END_MS);
    }
    this.#leases.delete(shard);
    telemetry({ type: "shard_ended", source, shard, how });
    this.#endBeatingWhenDone(); // tell the server at once: somebody may be waiting for the shard
  }

  #loseAll(reason: string): void {
    const held = [...this.#leases.values()].filter((lease) => !lease.lost.aborted);
    for (const lease of held) {
      this.#lostBySilence.add(lease);
      lease.lose(reason);
    }
    if (held.length > 0) {
      const { source, telemetry } = this.#options;
      const shards = held.map(({ shard }) => shard);
      telemetry({ type: "leases_lost", source, shards, reason });
    }
  }

  /** The time for a call without which the program can end: what is left of the time to drain. */
  #lastCallMs(): number {
    return Math.max(LAST_CALL_LEAST_MS, this.#stopDeadlineMs - this.#options.clock.monotonicMs());
  }
}
