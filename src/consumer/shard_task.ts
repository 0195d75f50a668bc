import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { describeError, hintOf } from "../base/hinted_error.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { CheckpointTracker } from "./checkpoint_tracker.ts";
import { CheckpointWriter } from "./checkpoint_writer.ts";
import type {
  DataPlane,
  GroupPort,
  LedgerPort,
  ShardEnd,
  ShardListener,
  ShardsPort,
  StartPlace,
} from "./ports.ts";
import type { ShardLease } from "./shard_lease.ts";

const RETRY = { baseMs: 500, capMs: 30_000 };
/** A cursor must be refused this many times running before the data behind it counts as gone. */
const REFUSALS_OF_A_LOST_CURSOR = 3;
/** How long a shard must have nothing new before it is asked whether it will ever have. */
const IDLE_BEFORE_ASKING_MS = 30_000;

export interface ShardTaskOptions {
  readonly source: string;
  readonly consumer: string;
  readonly start: StartPlace;
  readonly checkpointIntervalMs: number;
  /** How long a revoked shard may finish what is in hand; read when it is revoked. */
  readonly drainTimeoutMs: () => number;
  readonly group: GroupPort;
  readonly shards: ShardsPort;
  readonly dataPlane: DataPlane;
  readonly ledger: LedgerPort;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
}

/** How a task ended; `abandoned` when revoked and the time ran out with logs in hand. */
export type TaskEnd = "released" | "lost" | "gone" | "abandoned";

/** One shard from lease to release: start cursor, data plane, checkpoints. */
export class ShardTask {
  readonly #lease: ShardLease;
  readonly #options: ShardTaskOptions;
  /** Aborts the data plane: the lease is lost, or the time to drain is over. */
  readonly #drop = new AbortController();
  #caughtUpSinceMs: number | undefined;

  constructor(lease: ShardLease, options: ShardTaskOptions) {
    this.#lease = lease;
    this.#options = options;
  }

  /** Runs until the lease ends or the shard is gone. Failures of the outside are tried again. */
  async run(): Promise<TaskEnd> {
    const { lost, revoked } = this.#lease;
    const drop = () => this.#drop.abort(lost.reason);
    if (lost.aborted) drop();
    lost.addEventListener("abort", drop, { once: true });
    try {
      return await this.#consume(await this.#start());
    } catch (error) {
      if (lost.aborted) return "lost";
      if (revoked.aborted && error === revoked.reason) return "released";
      throw error;
    } finally {
      lost.removeEventListener("abort", drop);
    }
  }

  async #start(): Promise<CheckpointTracker> {
    const { source, start, group, shards, telemetry } = this.#options;
    const { shard, revoked } = this.#lease;
    return await this.#persist("find the start of the shard", async () => {
      const stored = await group.checkpoint(shard, revoked);
      const cursor = stored || await shards.cursorAt(shard, start, revoked);
      const from = stored ? "checkpoint" : typeof start === "string" ? start : "start time";
      telemetry({ type: "shard_started", source, shard, cursor, from });
      return new CheckpointTracker(stored, cursor);
    });
  }

  async #consume(tracker: CheckpointTracker): Promise<TaskEnd> {
    const writer = new CheckpointWriter(this.#lease, tracker, this.#options);
    const stop = new AbortController();
    let end: ShardEnd;
    {
      await using tasks = new TaskGroup(stop.signal);
      tasks.spawn("checkpoints", (signal) => writer.run(signal));
      tasks.spawn("drain deadline", (signal) => this.#dropWhenLate(signal));
      tasks.spawn("read-only check", (signal) => this.#watchForTheEnd(writer, signal));
      try {
        end = await this.#read(tracker);
      } catch (error) {
        const { revoked } = this.#lease;
        if (!revoked.aborted || error !== revoked.reason) throw error;
        end = { kind: "drained" }; // revoked between two runs of the data plane: nothing is in hand
      } finally {
        stop.abort(new DOMException("The shard has ended", "AbortError"));
      }
    }
    if (this.#lease.lost.aborted) return "lost";
    await writer.flush();
    if (this.#lease.lost.aborted) return "lost"; // the server refused the checkpoint
    if (end.kind === "gone") return "gone";
    return end.kind === "drained" ? "released" : "abandoned";
  }

  /** Runs the data plane, again from the right place each time the server refuses a cursor. */
  async #read(tracker: CheckpointTracker): Promise<ShardEnd> {
    let refusals = 0;
    for (let nextSeq = 0;;) {
      const startSeq = nextSeq;
      const end = await this.#options.dataPlane.run({
        shard: this.#lease.shard,
        cursor: tracker.reached,
        revoked: this.#lease.revoked,
        lost: this.#drop.signal,
      }, this.#listener(tracker, startSeq, (seq) => nextSeq = seq + 1));
      if (end.kind !== "invalid_cursor") return end;
      if (nextSeq > startSeq) refusals = 0;
      refusals++;
      if (refusals < REFUSALS_OF_A_LOST_CURSOR) await this.#pauseAfter(refusals, end.message);
      else {
        await this.#skipGap(tracker, end);
        refusals = 0;
      }
    }
  }

  #listener(
    tracker: CheckpointTracker,
    firstSeq: number,
    onSeq: (seq: number) => void,
  ): ShardListener {
    const { source, ledger, telemetry, clock } = this.#options;
    const { shard } = this.#lease;
    return {
      pulled: ({ seq, nextCursor }) => {
        this.#caughtUpSinceMs = undefined;
        tracker.pulled(firstSeq + seq, nextCursor);
        onSeq(firstSeq + seq);
      },
      done: ({ seq, report }) => {
        tracker.done(firstSeq + seq);
        ledger.pageDone(source, shard, report);
        telemetry({
          type: "page_delivered",
          source,
          shard,
          logs: report.delivered + report.parked + report.filtered,
          rawBytes: report.rawBytes,
          eventBytes: report.eventBytes,
        });
      },
      rewound: (seq) => {
        tracker.rewound(firstSeq + seq);
        onSeq(firstSeq + seq - 1);
      },
      caughtUp: () => {
        this.#caughtUpSinceMs ??= clock.monotonicMs();
      },
    };
  }

  /**
   * Goes on at the oldest data there is. Never at the end: that would drop what can still be read. The
   * gap is reported, into Splunk too, before a checkpoint can pass it.
   */
  async #skipGap(
    tracker: CheckpointTracker,
    refused: { readonly cursor: string; readonly message: string },
  ): Promise<void> {
    const { source, shards, dataPlane, telemetry, clock } = this.#options;
    const { shard, revoked } = this.#lease;
    await this.#persist("go on behind data that has expired", async () => {
      const resumedCursor = await shards.cursorAt(shard, "begin", revoked);
      const oldest = new Date(await shards.cursorTimeSec(shard, resumedCursor, revoked) * 1000);
      const message = `The logs of ${source} shard ${shard} between cursor ${refused.cursor} and ` +
        `cursor ${resumedCursor} (received ${oldest.toISOString()}) had expired before they were read`;
      telemetry({
        type: "gap",
        source,
        shard,
        lostCursor: refused.cursor,
        resumedCursor,
        message,
      });
      await dataPlane.notify({
        sls2hec: "gap",
        source,
        shard,
        lost_cursor: refused.cursor,
        resumed_cursor: resumedCursor,
        reported_at: new Date(clock.nowMs()).toISOString(),
        message,
      }, this.#drop.signal);
      tracker.jump(resumedCursor);
    });
  }

  /** Gives up what is in hand when a revoked shard takes too long; it stays in SLS for the next owner. */
  async #dropWhenLate(signal: AbortSignal): Promise<void> {
    const { revoked } = this.#lease;
    if (!revoked.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const go = () => resolve();
      revoked.addEventListener("abort", go, { once: true });
      signal.addEventListener("abort", go, { once: true });
      await promise;
      revoked.removeEventListener("abort", go);
      signal.removeEventListener("abort", go);
    }
    signal.throwIfAborted();
    await this.#options.clock.sleep(this.#options.drainTimeoutMs(), signal);
    this.#drop.abort(new Error("The time to finish what is in hand is over"));
  }

  /**
   * Tells once when a split or merged shard is read to its end, with its checkpoint there: that is what
   * lets the server start its children and release it.
   */
  async #watchForTheEnd(writer: CheckpointWriter, signal: AbortSignal): Promise<void> {
    const { source, shards, clock, telemetry } = this.#options;
    for (;;) {
      await clock.sleep(IDLE_BEFORE_ASKING_MS, signal);
      const sinceMs = this.#caughtUpSinceMs;
      if (sinceMs === undefined || clock.monotonicMs() - sinceMs < IDLE_BEFORE_ASKING_MS) continue;
      if (writer.pending) continue;
      const listed = await this.#persist("list the shards", () => shards.list(signal), signal);
      const { shard } = this.#lease;
      if (!listed.some((item) => item.shard === shard && item.readOnly)) continue;
      telemetry({ type: "shard_finished", source, shard });
      return;
    }
  }

  /** Tries until it works or `signal` aborts. */
  async #persist<T>(
    what: string,
    work: () => Promise<T>,
    signal = this.#lease.revoked,
  ): Promise<T> {
    const about = this.#about(what);
    for (let attempt = 1;; attempt++) {
      try {
        const result = await work();
        if (attempt > 1) this.#options.telemetry({ type: "recovered", about });
        return result;
      } catch (error) {
        signal.throwIfAborted();
        const hint = hintOf(error, "It is tried again");
        await this.#wait(about, attempt, describeError(error), hint, signal);
      }
    }
  }

  async #pauseAfter(attempt: number, message: string): Promise<void> {
    const about = this.#about("read at the cursor");
    await this.#wait(about, attempt, message, "It is tried again", this.#lease.revoked);
  }

  async #wait(
    about: string,
    attempt: number,
    message: string,
    hint: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, random, telemetry } = this.#options;
    const retryInMs = backoffMs(RETRY, attempt, random);
    telemetry({ type: "trouble", about, message, hint, retryInMs });
    await clock.sleep(retryInMs, signal);
  }

  #about(what: string): string {
    return `${this.#options.source} shard ${this.#lease.shard}: ${what}`;
  }
}
