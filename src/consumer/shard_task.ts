import { Backoff } from "../base/backoff.ts";
import type { ShardStart } from "../base/cursor.ts";
import type { Env } from "../base/env.ts";
import { Incident, RETRIED } from "../base/incident.ts";
import { fetchedLogs } from "../base/log_counts.ts";
import { onAbort } from "../base/on_abort.ts";
import { retry } from "../base/retry.ts";
import { TaskGroup } from "../base/task_group.ts";
import { CheckpointTracker } from "./checkpoint_tracker.ts";
import { CheckpointWriter } from "./checkpoint_writer.ts";
import { isExpired, LostData } from "./lost_data.ts";
import type { ShardEnd, ShardListener, ShardSource } from "./ports.ts";
import { ShardLag } from "./shard_lag.ts";
import type { ShardLease } from "./shard_lease.ts";
import type { ShardWatch, StartWatch } from "./shard_watch.ts";

/** A cursor must be refused this many times in a row before the data at it counts as lost. */
const REFUSALS_OF_A_LOST_CURSOR = 3;
/** Pauses before a shard starts again whose data plane has died, or whose cursor was refused. */
const RETRY = { baseMs: 500, capMs: 30_000 };
/** How often a draining shard checks its deadline, which moves closer when the program stops. */
const DEADLINE_CHECK_MS = 1000;

export interface ShardTaskOptions {
  /** Where the shard begins when it has no checkpoint. */
  readonly start: ShardStart;
  /** Where the shard ends, exclusive; it has no end when left out. */
  readonly endCursor?: string | undefined;
  /** How long a revoked shard may finish delivering; read again while it does. */
  readonly drainTimeoutMs: () => number;
  /** How long the last write of the checkpoint may take; read when it begins. */
  readonly lastWriteTimeoutMs: () => number;
  /**
   * By shard, the cursor before which this process has delivered everything. It is used when the group was deleted with
   * its checkpoints, where the configured start would repeat or skip logs.
   */
  readonly delivered?: Map<number, string>;
  readonly watches?: readonly StartWatch[];
}

/** Where a shard begins. */
interface Start {
  readonly tracker: CheckpointTracker;
  /** It begins at a checkpoint whose logs have expired. */
  readonly expired: boolean;
}

/** How a task ended; `abandoned`: revoked, and the time ran out before everything was delivered. */
export type TaskEnd = "released" | "lost" | "gone" | "abandoned";

/** One shard from lease to release: start cursor, data plane, checkpoints. */
export class ShardTask {
  readonly #env: Env;
  readonly #source: ShardSource;
  readonly #lease: ShardLease;
  readonly #options: ShardTaskOptions;
  /** Aborts the data plane: the lease is lost, the time to drain is over, or checkpoints have failed. */
  readonly #drop = new AbortController();
  /** Aborts when nothing new may be started. */
  readonly #noMore: AbortSignal;
  #watches: readonly ShardWatch[] = [];

  constructor(env: Env, source: ShardSource, lease: ShardLease, options: ShardTaskOptions) {
    this.#env = env;
    this.#source = source;
    this.#lease = lease;
    this.#options = options;
    this.#noMore = AbortSignal.any([lease.revoked, this.#drop.signal]);
  }

  /**
   * Runs until the lease ends or the shard is gone. Failures of the servers are retried.
   *
   * @throws on a fault of this program.
   */
  async run(): Promise<TaskEnd> {
    const { shard, lost, revoked } = this.#lease;
    using _lost = onAbort(lost, (reason) => this.#drop.abort(reason));
    try {
      const { tracker, expired } = await this.#findStart();
      const writer = this.#begin(tracker);
      const stop = new AbortController();
      let end: ShardEnd;
      {
        await using tasks = new TaskGroup(stop.signal);
        // Without its checkpoints or its deadline a shard must not continue: everything pulled is dropped.
        using _dropping = onAbort(tasks.signal, (reason) => this.#drop.abort(reason));
        tasks.spawn("checkpoints", (signal) => writer.run(signal));
        tasks.spawn("drain deadline", (signal) => this.#dropWhenLate(signal));
        for (const watch of this.#watches) {
          tasks.spawn("watch", async (signal) => await watch.run?.(signal));
        }
        try {
          end = await this.#read(tracker, expired);
        } catch (error) {
          if (!this.#noMore.aborted || error !== this.#noMore.reason) throw error;
          end = { kind: "drained" }; // ended between two runs of the data plane: nothing is open
        } finally {
          this.#options.delivered?.set(shard, tracker.reached);
          stop.abort(new DOMException("The shard has ended", "AbortError"));
        }
      }
      if (!lost.aborted) await writer.flush(this.#options.lastWriteTimeoutMs());
      if (lost.aborted) return "lost"; // the server may also refuse the last checkpoint
      if (end.kind === "gone") return "gone";
      return end.kind === "drained" ? "released" : "abandoned";
    } catch (error) {
      if (lost.aborted) return "lost";
      if (revoked.aborted && error === revoked.reason) return "released";
      throw error;
    } finally {
      for (const watch of this.#watches) watch.ended?.();
    }
  }

  /** Asks for the checkpoint and the oldest cursor at the same time: over a long line each takes a while. */
  async #findStart(): Promise<Start> {
    const { name: source, group, shards } = this.#source;
    const { start, delivered } = this.#options;
    const { shard, revoked } = this.#lease;
    const about = `${source} shard ${shard}: find the start of the shard`;
    return await retry(this.#env, { about, source, shard }, revoked, async () => {
      const [checkpoint, oldest] = await Promise.allSettled([
        group.checkpoint(shard, revoked),
        shards.cursorAt(shard, "begin", revoked),
      ]);
      if (checkpoint.status === "rejected") throw checkpoint.reason;
      const stored = checkpoint.value;
      const known = stored || delivered?.get(shard);
      if (known === undefined && start === "begin" && oldest.status === "rejected") {
        throw oldest.reason;
      }
      const oldestCursor = oldest.status === "fulfilled" ? oldest.value : undefined;
      const cursor = known ??
        (start === "begin" ? oldestCursor! : await shards.cursorAt(shard, start, revoked));
      const place = typeof start === "string" ? start : "start time";
      const from = stored ? "checkpoint" : known ? "what this process has delivered" : place;
      this.#env.telemetry({ type: "shard_started", source, shard, cursor, from });
      // When the oldest cursor is unknown, the first pull shows whether the server takes the checkpoint.
      const expired = stored !== "" && isExpired(stored, oldestCursor);
      return { tracker: new CheckpointTracker(stored, cursor), expired };
    });
  }

  /**
   * Begins to watch the shard.
   * @returns what writes its checkpoints.
   */
  #begin(tracker: CheckpointTracker): CheckpointWriter {
    const { shard } = this.#lease;
    const { clock } = this.#env;
    const { shards } = this.#source;
    const lag = new ShardLag({ shard, tracker, shards, clock });
    const writer = new CheckpointWriter(this.#env, this.#source, {
      lease: this.#lease,
      tracker,
      onWritten: () => {
        for (const watch of this.#watches) watch.checkpointWritten?.();
      },
    });
    const started = this.#options.watches?.map((start) => start({ shard, lag, writer })) ?? [];
    this.#watches = [lag, ...started];
    return writer;
  }

  /** Runs the data plane, and again from the right place each time it died or the server refused a cursor. */
  async #read(tracker: CheckpointTracker, expired: boolean): Promise<ShardEnd> {
    const { name: source, dataPlane } = this.#source;
    const { clock } = this.#env;
    const { shard, revoked } = this.#lease;
    const reading = new Incident(this.#env, `${source} shard ${shard}: read at the cursor`, {
      source,
      shard,
    });
    const lostData = new LostData(this.#env, this.#source, shard);
    const skip = (cursor: string) =>
      lostData.skip(tracker, cursor, this.#noMore, this.#drop.signal);
    if (expired) await skip(tracker.reached);
    const refused = new Backoff(RETRY, this.#env);
    const interrupted = new Backoff(RETRY, this.#env);
    for (let nextSeq = 0;;) {
      const startSeq = nextSeq;
      const { endCursor } = this.#options;
      const job = { shard, cursor: tracker.reached, endCursor, revoked, lost: this.#drop.signal };
      const listener = this.#listener(tracker, startSeq, (seq) => nextSeq = seq + 1);
      const end = await dataPlane.run(job, listener);
      if (end.kind === "interrupted") {
        if (revoked.aborted) return { kind: "lost" }; // no time to start again
        if (tracker.open < nextSeq - startSeq) interrupted.succeeded(); // pages were done
        nextSeq = tracker.restart();
        for (const watch of this.#watches) watch.restarted?.();
        await clock.sleep(interrupted.failed(), this.#noMore); // the data plane has reported it
        continue;
      }
      if (end.kind !== "invalid_cursor") return end;
      if (nextSeq > startSeq) refused.succeeded(); // pages were pulled
      const retryInMs = refused.failed();
      if (refused.failures >= REFUSALS_OF_A_LOST_CURSOR && await skip(end.cursor)) {
        refused.succeeded();
        continue;
      }
      reading.failed(end.message, { hint: RETRIED, retryInMs });
      await clock.sleep(retryInMs, this.#noMore);
    }
  }

  #listener(
    tracker: CheckpointTracker,
    firstSeq: number,
    onSeq: (seq: number) => void,
  ): ShardListener {
    const { name: source, ledger } = this.#source;
    const { shard } = this.#lease;
    const watches = this.#watches;
    return {
      pulled: ({ seq, nextCursor }) => {
        tracker.pulled(firstSeq + seq, nextCursor);
        for (const watch of watches) watch.pulled?.();
        onSeq(firstSeq + seq);
      },
      done: ({ seq, report }) => {
        tracker.done(firstSeq + seq, report);
        ledger.pageDone(source, shard, report);
        for (const watch of watches) watch.done?.(report);
        this.#env.telemetry({
          type: "page_delivered",
          source,
          shard,
          logs: fetchedLogs(report),
          rawBytes: report.rawBytes,
          eventBytes: report.eventBytes,
        });
      },
      rewound: (seq) => {
        tracker.rewound(firstSeq + seq);
        onSeq(firstSeq + seq - 1);
      },
      caughtUp: () => {
        for (const watch of watches) watch.caughtUp?.();
      },
    };
  }

  /** Drops what is pulled when a revoked shard takes too long; it stays in SLS for the next consumer. */
  async #dropWhenLate(signal: AbortSignal): Promise<void> {
    const { clock } = this.#env;
    await abortOfEither(this.#lease.revoked, signal);
    const sinceMs = clock.monotonicMs();
    for (;;) {
      signal.throwIfAborted();
      const leftMs = sinceMs + this.#options.drainTimeoutMs() - clock.monotonicMs();
      if (leftMs <= 0) break;
      await clock.sleep(Math.min(leftMs, DEADLINE_CHECK_MS), signal);
    }
    this.#drop.abort(new Error("The time to finish delivering is over"));
  }
}

/** Not `AbortSignal.any`: Deno 2.6.8 collects such a signal when only its listeners refer to it. */
async function abortOfEither(one: AbortSignal, other: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  using _one = onAbort(one, () => resolve());
  using _other = onAbort(other, () => resolve());
  await promise;
}
