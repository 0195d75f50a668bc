import assert from "node:assert/strict";
import type { Env } from "../../src/base/env.ts";
import { RetentionWatch } from "../../src/consumer/retention_watch.ts";
import { ShardEndWatch } from "../../src/consumer/shard_end_watch.ts";
import { ShardLease } from "../../src/consumer/shard_lease.ts";
import { SourceProgress } from "../../src/consumer/source_progress.ts";
import { ShardTask, type ShardTaskOptions, type TaskEnd } from "../../src/consumer/shard_task.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeDataPlane, type FakeRun } from "./fake_data_plane.ts";
import { FakeGroup } from "./fake_group.ts";
import { FakeShards } from "./fake_shards.ts";
import { Recorder } from "./recorder.ts";

const SHARD = 1;

/** The task of shard 1 among fakes; it drains for at most 8 s and writes checkpoints every 5 s. */
export class ShardHarness {
  readonly clock = new FakeClock();
  readonly group = new FakeGroup(this.clock);
  readonly shards = new FakeShards();
  readonly dataPlane = new FakeDataPlane();
  readonly recorder = new Recorder();
  readonly env: Env = {
    clock: this.clock,
    random: () => 0.5,
    telemetry: this.recorder.telemetry,
  };
  readonly lease = new ShardLease(SHARD);
  drainTimeoutMs = 8000;
  /** For how long logs are kept, as far as is known. */
  retentionSec: number | undefined = Infinity;
  /** What the process has delivered before. */
  readonly delivered = new Map<number, string>();
  /** How often the task has said that its shard is finished. */
  finished = 0;
  /** How the task ended, or the error it threw. */
  end: TaskEnd | undefined;
  error: unknown;
  #running: Promise<void> | undefined;

  /** Starts the task and lets it come as far as it can without time passing. */
  async start(options: Partial<ShardTaskOptions> = {}): Promise<void> {
    this.shards.serverNowMs = () => this.clock.nowMs();
    const env = this.env;
    const { shards } = this;
    const shardEnd = new ShardEndWatch(env, { name: "p/l", shards }, {
      listIntervalMs: () => 5000,
      onFinished: () => this.finished++,
    });
    const progress = new SourceProgress(env, "p/l");
    const logstore = {
      retentionSec: () =>
        this.retentionSec === undefined
          ? Promise.reject(new Error("Unauthorized"))
          : Promise.resolve(this.retentionSec),
    };
    const retention = new RetentionWatch(env, { name: "p/l", logstore });
    const task = new ShardTask(
      env,
      {
        name: "p/l",
        consumer: "me",
        checkpointIntervalMs: 5000,
        group: this.group,
        shards,
        dataPlane: this.dataPlane,
        ledger: this.recorder,
      },
      this.lease,
      {
        start: "begin",
        drainTimeoutMs: () => this.drainTimeoutMs,
        lastWriteTimeoutMs: () => Infinity,
        delivered: this.delivered,
        watches: [
          (shard) => shardEnd.follow(shard),
          (shard) => progress.follow(shard),
          (shard) => retention.follow(shard),
        ],
        ...options,
      },
    );
    this.#running = task.run().then((end) => void (this.end = end), (error) => this.error = error);
    await this.clock.advance(0);
  }

  /** The present run of the data plane, or the last one. */
  get run(): FakeRun {
    return this.dataPlane.of(SHARD);
  }

  get written(): string[] {
    return this.group.written(SHARD);
  }

  /** Lets the task come as far as it can, and checks that it has ended, with nothing left behind. */
  async ended(): Promise<TaskEnd | undefined> {
    await this.clock.advance(0);
    assert.ok(this.end !== undefined || this.error !== undefined, "the task has not ended");
    await this.#running;
    assert.equal(this.clock.sleeping, 0, "something still sleeps");
    assert.deepEqual(this.dataPlane.running, [], "the data plane still runs");
    return this.end;
  }
}
