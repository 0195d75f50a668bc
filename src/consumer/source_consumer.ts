import { Backoff } from "../base/backoff.ts";
import type { Env } from "../base/env.ts";
import { Incident, RETRIED } from "../base/incident.ts";
import { InterruptibleSleep } from "../base/interruptible_sleep.ts";
import { onAbort } from "../base/on_abort.ts";
import { describeError } from "../base/errors.ts";
import { TaskGroup } from "../base/task_group.ts";
import { withTimeout } from "../base/timeout.ts";
import { Membership } from "./membership.ts";
import type { ConsumerSource } from "./ports.ts";
import { RetentionWatch } from "./retention_watch.ts";
import { PAUSE_AFTER_END_MS, ShardAssignment } from "./shard_assignment.ts";
import { ShardEndWatch } from "./shard_end_watch.ts";
import type { ShardLease } from "./shard_lease.ts";
import { ShardTask, type TaskEnd } from "./shard_task.ts";
import type { StartWatch } from "./shard_watch.ts";
import { SourceProgress } from "./source_progress.ts";

const RETRY = { baseMs: 1000, capMs: 30_000 };
/** Timeout of the last heartbeat, which releases the shards; without it others wait for the group's timeout. */
const LEAVE_TIMEOUT_MS = 2000;
/** Minimum timeout of the final calls during shutdown. */
const MIN_LAST_CALL_MS = 700;
/** Least time between two lists of the shards; in an ordered group other shards may wait for the answer. */
const LIST_SHARDS_MS = 30_000;
const LIST_SHARDS_IN_ORDER_MS = 5000;
/** The call times out first, as its own error says where it went. */
const TIMEOUT_SLACK_MS = 100;
/** Least time between two heartbeats, however often shards end. */
const MIN_HEARTBEAT_MS = 200;

/**
 * One member of one consumer group: its heartbeats, and a task for each shard that they grant.
 *
 * The heartbeats start first and stop last. Their answers alone start shards. A shard that does not end by itself stops
 * when an answer no longer grants it, when a checkpoint is refused, when no heartbeat succeeds within the group's
 * timeout, and at the end of the program.
 */
export class SourceConsumer {
  readonly #env: Env;
  readonly #source: ConsumerSource;
  readonly #shards: ShardAssignment;
  readonly #delivered = new Map<number, string>();
  readonly #sleep: InterruptibleSleep;
  readonly #membership: Membership;
  readonly #progress: SourceProgress;
  readonly #watches: readonly StartWatch[];
  /** When the last successful heartbeat was sent. The server counts from its receipt, so not earlier. */
  #lastSuccessMs = 0;
  /** Ends the heartbeat in flight when there is nothing left to send one for. */
  #beating = new AbortController();
  /** A heartbeat was sent, so the server may count this consumer as a member. */
  #announced = false;
  #stopping = false;
  #stopDeadlineMs = Infinity;
  #abandoned = 0;

  constructor(env: Env, source: ConsumerSource) {
    this.#env = env;
    this.#source = source;
    this.#shards = new ShardAssignment(env.clock, () => this.#loseAllIfLate());
    this.#sleep = new InterruptibleSleep(env.clock);
    this.#membership = new Membership(env, source);
    this.#progress = new SourceProgress(env, source.name, source.rateWaits);
    const retention = new RetentionWatch(env, source);
    const shardEnd = new ShardEndWatch(env, source, {
      listIntervalMs: () => this.#membership.inOrder ? LIST_SHARDS_IN_ORDER_MS : LIST_SHARDS_MS,
      onFinished: () => this.#sleep.wake(),
    });
    this.#watches = [
      (shard) => shardEnd.follow(shard),
      (shard) => this.#progress.follow(shard),
      (shard) => retention.follow(shard),
    ];
  }

  /**
   * Runs until `stop` aborts and every shard is finished or given up.
   *
   * @returns how many shards were given up with logs that were pulled and not delivered; those stay in SLS.
   */
  async run(stop: AbortSignal): Promise<number> {
    await this.#membership.join(stop);
    if (stop.aborted) return 0;
    {
      using _stopping = onAbort(stop, () => this.#startToStop());
      await using tasks = new TaskGroup();
      await using watches = new TaskGroup();
      watches.spawn(
        "group settings",
        (signal) => this.#membership.watch(() => this.#sleep.wake(), signal),
      );
      watches.spawn("progress", (signal) => this.#progress.run(signal));
      try {
        await this.#beatUntilDone(tasks);
      } finally {
        watches.abort(new DOMException("The heartbeats have ended", "AbortError"));
        this.#loseAll("The heartbeats have ended"); // no lease is left unless an unexpected error ended them
      }
    }
    if (this.#announced) {
      await this.#membership.leave(Math.min(LEAVE_TIMEOUT_MS, this.#lastCallMs()));
    }
    this.#progress.end();
    const { name: source } = this.#source;
    this.#env.telemetry({ type: "source_released", source, undelivered: this.#abandoned });
    return this.#abandoned;
  }

  #startToStop(): void {
    this.#stopping = true;
    this.#stopDeadlineMs = this.#env.clock.monotonicMs() + this.#source.drainTimeoutMs;
    this.#shards.revokeAll("The program stops");
    this.#endBeatingWhenDone();
  }

  get #isDone(): boolean {
    return this.#stopping && this.#shards.isEmpty;
  }

  /** Wakes the heartbeats; a stopping member without shards also ends the one in flight. */
  #endBeatingWhenDone(): void {
    if (this.#isDone) this.#beating.abort();
    this.#sleep.wake();
  }

  async #beatUntilDone(tasks: TaskGroup): Promise<void> {
    const { clock } = this.#env;
    const { name: source } = this.#source;
    const heartbeats = new Incident(this.#env, `${source}: send a heartbeat`, { source });
    const failures = new Backoff(RETRY, this.#env);
    const restarts = new Backoff(RETRY, this.#env);
    this.#lastSuccessMs = clock.monotonicMs();
    while (!this.#isDone) {
      this.#loseAllIfLate();
      let waitMs = this.#membership.intervalMs;
      try {
        const granted = await this.#beat();
        for (const lease of granted ?? []) {
          tasks.spawn(`shard ${lease.shard}`, () => this.#runShard(lease));
        }
        // After a slow answer the next heartbeat must not come too late.
        waitMs = Math.max(0, Math.min(waitMs, this.#leftMs() - waitMs));
        heartbeats.recovered();
        failures.succeeded();
        if (granted) restarts.succeeded();
        if (!granted) waitMs = Math.min(waitMs, restarts.failed());
        else if (this.#shards.hasPaused) waitMs = Math.min(waitMs, PAUSE_AFTER_END_MS);
      } catch (error) {
        if (this.#beating.signal.aborted) return;
        waitMs = Math.min(waitMs, failures.failed());
        this.#loseAllIfLate();
        if (this.#leftMs() > 0) waitMs = Math.min(waitMs, this.#leftMs());
        heartbeats.failed(error, { hint: RETRIED, retryInMs: waitMs });
      }
      if (this.#isDone) return;
      // Two sleeps to one point in time: time that passes while the process is stopped counts too.
      const untilMs = clock.monotonicMs() + waitMs;
      await clock.sleep(Math.min(MIN_HEARTBEAT_MS, waitMs));
      await this.#sleep.sleep(Math.max(0, untilMs - clock.monotonicMs()));
    }
  }

  /** Time until the server may give this consumer's shards to others. */
  #leftMs(): number {
    return this.#lastSuccessMs + this.#membership.groupTimeoutMs - this.#env.clock.monotonicMs();
  }

  #loseAllIfLate(): void {
    if (this.#leftMs() > 0) return;
    this.#progress.serverFellSilent();
    this.#loseAll("No heartbeat succeeded within the group's timeout");
  }

  /**
   * Sends one heartbeat, and revokes the shards that its answer does not grant.
   *
   * @returns leases for the shards to start; undefined when the server does not know this consumer's shards any more:
   * all are acquired again.
   */
  async #beat(): Promise<readonly ShardLease[] | undefined> {
    const { clock, telemetry } = this.#env;
    const { name: source, group, consumer } = this.#source;
    const sentMs = clock.monotonicMs();
    const { shards } = this.#shards;
    // Not later than the moment at which all leases are lost. Once they are, there is no deadline.
    const { intervalMs } = this.#membership;
    const leftMs = this.#leftMs();
    const timeoutMs = leftMs > 0 ? Math.min(intervalMs, leftMs) : intervalMs;
    this.#announced = true;
    const answer = await withTimeout(
      { what: "The heartbeat", timeoutMs: timeoutMs + TIMEOUT_SLACK_MS },
      clock,
      this.#beating.signal,
      (signal) => group.heartbeat(consumer, shards, timeoutMs, signal),
    );
    this.#lastSuccessMs = sentMs;
    if (this.#leftMs() <= 0) { // ignore a response read after the session timed out (SIGSTOP)
      this.#loseAllIfLate();
      return undefined;
    }
    if (answer.kind !== "granted") {
      this.#loseAll(answer.message);
      // The group was deleted, or another member has given it a timeout shorter than our silence.
      await this.#membership.joinOnce(this.#beating.signal);
      return undefined;
    }
    this.#progress.serverAnswered();
    if (this.#stopping) return []; // all shards are being given back
    const leases = this.#shards.follow(new Set(answer.shards));
    if (leases.length > 0) {
      telemetry({ type: "shards_granted", source, shards: leases.map(({ shard }) => shard) });
    }
    return leases;
  }

  async #runShard(lease: ShardLease): Promise<void> {
    const { telemetry } = this.#env;
    const { name: source, drainTimeoutMs } = this.#source;
    const { shard } = lease;
    let how: TaskEnd = "lost";
    try {
      const task = new ShardTask(this.#env, this.#source, lease, {
        start: this.#membership.startOf(shard),
        drainTimeoutMs: () =>
          this.#stopping
            ? drainTimeoutMs
            : Math.max(drainTimeoutMs, this.#membership.groupTimeoutMs),
        lastWriteTimeoutMs: () => this.#lastCallMs(),
        delivered: this.#delivered,
        watches: this.#watches,
      });
      how = await task.run();
    } catch (error) { // a fault of this program: report it, and start again at the checkpoint
      const about = `${source} shard ${shard}: read and deliver`;
      const message = `An unexpected error ended the shard: ${describeError(error)}`;
      const hint = "It starts again at its checkpoint. Please report this error";
      const running = new Incident(this.#env, about, { source, shard });
      const instead = { message, hint };
      running.failed(error, { hint, retryInMs: PAUSE_AFTER_END_MS, instead });
    }
    if (how === "abandoned" && this.#stopping) this.#abandoned++;
    this.#shards.ended(lease, how);
    const atStop = this.#stopping;
    telemetry({ type: "shard_ended", source, shard, how, ...(atStop && { atStop }) });
    this.#endBeatingWhenDone(); // notify the server at once: another consumer may be waiting for the shard
  }

  #loseAll(reason: string): void {
    const shards = this.#shards.loseAll(reason);
    if (shards.length === 0) return;
    this.#env.telemetry({ type: "leases_lost", source: this.#source.name, shards, reason });
  }

  /** Time for a call without which the program can end: what is left of the drain timeout. */
  #lastCallMs(): number {
    return Math.max(MIN_LAST_CALL_MS, this.#stopDeadlineMs - this.#env.clock.monotonicMs());
  }
}
