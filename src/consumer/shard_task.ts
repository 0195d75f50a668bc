import { backoffMs } from "../base/backoff.ts";
import type { ShardStart } from "../base/cursor.ts";
import { TaskGroup } from "../base/task_group.ts";
import { CheckpointTracker } from "./checkpoint_tracker.ts";
import { CheckpointWriter, type CheckpointWriterOptions } from "./checkpoint_writer.ts";
import { isExpired, LostData } from "./lost_data.ts";
import { pauseAfter, persist } from "./persist.ts";
import type { DataPlane, ShardEnd, ShardListener, ShardsPort } from "./ports.ts";
import type { ReadOnlyShards } from "./read_only_shards.ts";
import { ReadOnlyWatch } from "./read_only_watch.ts";
import type { Retention } from "./retention.ts";
import { RetentionWatch } from "./retention_watch.ts";
import type { ShardLease } from "./shard_lease.ts";
import type { ShardProgress, SourceProgress } from "./source_progress.ts";

/** A cursor must be refused this many times running before the data behind it counts as gone. */
const REFUSALS_OF_A_LOST_CURSOR = 3;
/** Pauses before a shard begins again whose data plane has died. */
const BEGIN_AGAIN = { baseMs: 500, capMs: 30_000 };
/** How often a draining shard looks at its deadline, which moves closer when the program stops. */
const DEADLINE_CHECK_MS = 1000;
/** How long the server may take to notice that a shard is finished, before it is told once more. */
const NOTICE_MS = 5000;

export interface ShardTaskOptions extends CheckpointWriterOptions {
  readonly start: ShardStart;
  /** How long a revoked shard may finish what is in hand; read again and again while it does. */
  readonly drainTimeoutMs: () => number;
  /** How long the last write of the checkpoint may take; read when it comes to that. */
  readonly lastWriteTimeoutMs: () => number;
  readonly shards: ShardsPort;
  readonly dataPlane: DataPlane;
  readonly readOnlyShards: Pick<ReadOnlyShards, "has">;
  readonly retention: Pick<Retention, "sec">;
  /** Counts, and tells from time to time. */
  readonly progress: Pick<SourceProgress, "follow">;
  /**
   * By shard, the cursor before which everything is delivered, as far as this process came. It holds when
   * the group was deleted with its checkpoints: the configured start would repeat or leave out logs.
   */
  readonly delivered: Map<number, string>;
  /** Told when a read-only shard stands finished: the next heartbeat gives it up. */
  readonly onFinished: () => void;
}

/** Where a shard begins. */
interface Start {
  readonly tracker: CheckpointTracker;
  /** It begins at a checkpoint whose logs are not kept any more. */
  readonly expired: boolean;
}

/** How a task ended; `abandoned` when revoked and the time ran out with logs in hand. */
export type TaskEnd = "released" | "lost" | "gone" | "abandoned";

/** One shard from lease to release: start cursor, data plane, checkpoints. */
export class ShardTask {
  readonly #lease: ShardLease;
  readonly #options: ShardTaskOptions;
  /** Aborts the data plane: the lease is lost, the time to drain is over, or checkpoints have failed. */
  readonly #drop = new AbortController();
  /** Aborts when nothing new may be begun. */
  readonly #noMore: AbortSignal;
  readonly #readOnlyWatch: ReadOnlyWatch;
  readonly #retentionWatch: RetentionWatch;

  constructor(lease: ShardLease, options: ShardTaskOptions) {
    this.#lease = lease;
    this.#options = options;
    this.#noMore = AbortSignal.any([lease.revoked, this.#drop.signal]);
    this.#readOnlyWatch = new ReadOnlyWatch(options.clock);
    this.#retentionWatch = new RetentionWatch({ ...options, shard: lease.shard });
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

  /** The checkpoint and the oldest cursor are asked for at once: over a long line each takes its time. */
  async #start(): Promise<Start> {
    const { source, start, group, shards, delivered, telemetry } = this.#options;
    const { shard, revoked } = this.#lease;
    const about = this.#about("find the start of the shard");
    return await persist(about, { ...this.#options, shard }, revoked, async () => {
      const [checkpoint, oldest] = await Promise.allSettled([
        group.checkpoint(shard, revoked),
        shards.cursorAt(shard, "begin", revoked),
      ]);
      if (checkpoint.status === "rejected") throw checkpoint.reason;
      const stored = checkpoint.value;
      const known = stored || delivered.get(shard);
      if (known === undefined && start === "begin" && oldest.status === "rejected") {
        throw oldest.reason;
      }
      const oldestCursor = oldest.status === "fulfilled" ? oldest.value : undefined;
      const cursor = known ??
        (start === "begin" ? oldestCursor! : await shards.cursorAt(shard, start, revoked));
      const place = typeof start === "string" ? start : "start time";
      const from = stored ? "checkpoint" : known ? "what this process has delivered" : place;
      telemetry({ type: "shard_started", source, shard, cursor, from });
      // When the oldest cursor is not known, the pull itself shows whether the server takes the checkpoint.
      const expired = stored !== "" && isExpired(stored, oldestCursor);
      return { tracker: new CheckpointTracker(stored, cursor), expired };
    });
  }

  async #consume({ tracker, expired }: Start): Promise<TaskEnd> {
    const writer = new CheckpointWriter(this.#lease, tracker, this.#options, () => {
      this.#readOnlyWatch.settled();
    });
    const stop = new AbortController();
    using progress = this.#options.progress.follow(this.#lease.shard, tracker);
    let end: ShardEnd;
    {
      await using tasks = new TaskGroup(stop.signal);
      // Without its checkpoints or its deadline a shard must not go on: what is in hand is dropped.
      tasks.signal.addEventListener("abort", () => this.#drop.abort(tasks.signal.reason));
      tasks.spawn("checkpoints", (signal) => writer.run(signal));
      tasks.spawn("drain deadline", (signal) => this.#dropWhenLate(signal));
      tasks.spawn(
        "retention watch",
        (signal) => this.#retentionWatch.run(progress.lag, signal),
      );
      tasks.spawn("read-only watch", (signal) => this.#tellOfTheEnd(writer, signal));
      try {
        end = await this.#read(tracker, expired, progress);
      } catch (error) {
        if (!this.#noMore.aborted || error !== this.#noMore.reason) throw error;
        end = { kind: "drained" }; // ended between two runs of the data plane: nothing is in hand
      } finally {
        this.#options.delivered.set(this.#lease.shard, tracker.reached);
        stop.abort(new DOMException("The shard has ended", "AbortError"));
      }
    }
    if (this.#lease.lost.aborted) return "lost";
    await writer.flush(this.#options.lastWriteTimeoutMs());
    if (this.#lease.lost.aborted) return "lost"; // the server refused the checkpoint
    if (end.kind === "gone") return "gone";
    return end.kind === "drained" ? "released" : "abandoned";
  }

  /** Runs the data plane, again from the right place each time the server refuses a cursor. */
  async #read(
    tracker: CheckpointTracker,
    expired: boolean,
    progress: ShardProgress,
  ): Promise<ShardEnd> {
    const about = this.#about("read at the cursor");
    const lostData = new LostData({ ...this.#options, shard: this.#lease.shard });
    if (expired) {
      await lostData.skip(tracker, tracker.reached, this.#noMore, this.#drop.signal);
    }
    let refusals = 0;
    let interruptions = 0;
    for (let nextSeq = 0;;) {
      const startSeq = nextSeq;
      const end = await this.#options.dataPlane.run({
        shard: this.#lease.shard,
        cursor: tracker.reached,
        revoked: this.#lease.revoked,
        lost: this.#drop.signal,
      }, this.#listener(tracker, progress, startSeq, (seq) => nextSeq = seq + 1));
      if (end.kind === "interrupted") {
        if (this.#lease.revoked.aborted) return { kind: "lost" }; // no time to begin again
        const gotOn = tracker.open < nextSeq - startSeq;
        interruptions = gotOn ? 1 : interruptions + 1;
        nextSeq = tracker.restart();
        this.#readOnlyWatch.pulled();
        const { clock, random } = this.#options; // the data plane has told of it
        await clock.sleep(backoffMs(BEGIN_AGAIN, interruptions, random), this.#noMore);
        continue;
      }
      if (end.kind !== "invalid_cursor") return end;
      refusals = nextSeq > startSeq ? 1 : refusals + 1;
      const isLost = refusals >= REFUSALS_OF_A_LOST_CURSOR &&
        await lostData.skip(tracker, end.cursor, this.#noMore, this.#drop.signal);
      if (isLost) refusals = 0;
      else {
        const options = { ...this.#options, shard: this.#lease.shard };
        await pauseAfter(about, refusals, end.message, options, this.#noMore);
      }
    }
  }

  #listener(
    tracker: CheckpointTracker,
    progress: ShardProgress,
    firstSeq: number,
    onSeq: (seq: number) => void,
  ): ShardListener {
    const { source, ledger, telemetry } = this.#options;
    const { shard } = this.#lease;
    return {
      pulled: ({ seq, nextCursor }) => {
        this.#readOnlyWatch.pulled();
        progress.pulled();
        tracker.pulled(firstSeq + seq, nextCursor);
        onSeq(firstSeq + seq);
      },
      done: ({ seq, report }) => {
        tracker.done(firstSeq + seq, report);
        this.#readOnlyWatch.settled();
        ledger.pageDone(source, shard, report);
        progress.done(report);
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
        this.#readOnlyWatch.caughtUp();
        progress.caughtUp();
      },
    };
  }

  /** Gives up what is in hand when a revoked shard takes too long; it stays in SLS for the next owner. */
  async #dropWhenLate(signal: AbortSignal): Promise<void> {
    const { clock, drainTimeoutMs } = this.#options;
    await abortOfEither(this.#lease.revoked, signal);
    const sinceMs = clock.monotonicMs();
    for (;;) {
      signal.throwIfAborted();
      const leftMs = sinceMs + drainTimeoutMs() - clock.monotonicMs();
      if (leftMs <= 0) break;
      await clock.sleep(Math.min(leftMs, DEADLINE_CHECK_MS), signal);
    }
    this.#drop.abort(new Error("The time to finish what is in hand is over"));
  }

  /**
   * Tells once when a split or merged shard is read to its end and its checkpoint stands there. The server
   * is told again if it goes on granting the shard: some look at a shard's end only when a checkpoint comes,
   * and this one may have stood there since before the split.
   */
  async #tellOfTheEnd(writer: CheckpointWriter, signal: AbortSignal): Promise<void> {
    const { source, readOnlyShards, onFinished, telemetry, clock } = this.#options;
    const { shard } = this.#lease;
    const about = this.#about("list the shards");
    await this.#readOnlyWatch.run({
      isReadOnly: () =>
        persist(
          about,
          { ...this.#options, shard },
          signal,
          () => readOnlyShards.has(shard, signal),
        ),
      isPending: () => writer.pending,
      hurry: () => writer.hurry(),
    }, signal);
    telemetry({ type: "shard_finished", source, shard });
    onFinished();
    await clock.sleep(NOTICE_MS, signal);
    writer.writeAgain();
    await clock.sleep(NOTICE_MS, signal);
    onFinished();
  }

  #about(what: string): string {
    return `${this.#options.source} shard ${this.#lease.shard}: ${what}`;
  }
}

/** Not by `AbortSignal.any`: Deno 2.6.8 collects such a signal when nothing but its listeners is left. */
async function abortOfEither(one: AbortSignal, other: AbortSignal): Promise<void> {
  if (one.aborted || other.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const go = () => resolve();
  one.addEventListener("abort", go, { once: true });
  other.addEventListener("abort", go, { once: true });
  await promise;
  one.removeEventListener("abort", go);
  other.removeEventListener("abort", go);
}
