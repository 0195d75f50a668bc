import assert from "node:assert/strict";
import { ReadOnlyShards } from "../../src/consumer/read_only_shards.ts";
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
export class ShardAmongFakes {
  readonly clock = FakeClock.inside();
  readonly group = new FakeGroup(this.clock);
  readonly shards = new FakeShards();
  readonly dataPlane = new FakeDataPlane();
  readonly recorder = new Recorder();
  readonly lease = new ShardLease(SHARD);
  drainTimeoutMs = 8000;
  /** For how long logs are kept, as far as is known. */
  retentionSec: number | undefined = Infinity;
  /** What the process has delivered before. */
  readonly delivered = new Map<number, string>();
  /** How often the task has said that its shard stands finished. */
  finished = 0;
  /** How the task ended, or the error it threw. */
  end: TaskEnd | undefined;
  error: unknown;
  #running: Promise<void> | undefined;

  /** Starts the task and lets it come as far as it can without time passing. */
  async start(options: Partial<ShardTaskOptions> = {}): Promise<void> {
    this.shards.serverNowMs = () => this.clock.nowMs();
    const task = new ShardTask(this.lease, {
      source: "p/l",
      consumer: "me",
      start: "begin",
      checkpointIntervalMs: 5000,
      drainTimeoutMs: () => this.drainTimeoutMs,
      lastWriteTimeoutMs: () => Infinity,
      group: this.group,
      shards: this.shards,
      dataPlane: this.dataPlane,
      ledger: this.recorder,
      readOnlyShards: new ReadOnlyShards({
        shards: this.shards,
        clock: this.clock,
        intervalMs: () => 5000,
      }),
      retention: { sec: () => Promise.resolve(this.retentionSec) },
      progress: new SourceProgress({
        source: "p/l",
        shards: this.shards,
        clock: this.clock,
        telemetry: this.recorder.telemetry,
      }),
      delivered: this.delivered,
      onFinished: () => this.finished++,
      clock: this.clock,
      random: () => 0.5,
      telemetry: this.recorder.telemetry,
      ...options,
    });
    this.#running = task.run().then((end) => void (this.end = end), (error) => this.error = error);
    await this.clock.advance(0);
  }

  /** The run of the data plane that goes on now, or was the last. */
  get run(): FakeRun {
    return this.dataPlane.of(SHARD);
  }

  get written(): string[] {
    return this.group.written(SHARD);
  }

  /** Lets the task come as far as it can, and checks that it has ended, with nothing left behind. */
  async ended(): Promise<TaskEnd | undefined> {
    await this.clock.advance(0);
    assert.ok(this.end !== undefined || this.error !== undefined, "the task goes on");
    await this.#running;
    assert.equal(this.clock.sleeping, 0, "somebody still sleeps");
    assert.deepEqual(this.dataPlane.running, [], "the data plane still runs");
    return this.end;
  }
}
