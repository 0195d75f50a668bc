import assert from "node:assert/strict";
import type { ConsumerSource } from "../../src/consumer/ports.ts";
import { SourceConsumer } from "../../src/consumer/source_consumer.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeDataPlane } from "./fake_data_plane.ts";
import { FakeGroup } from "./fake_group.ts";
import { FakeShards } from "./fake_shards.ts";
import { Recorder } from "./recorder.ts";

/**
 * A member of a group with a timeout of 60 s, among fakes: a heartbeat every 20 s, a checkpoint every
 * 5 s, and 8 s to drain when it stops.
 */
export class SourceHarness {
  readonly clock = new FakeClock();
  readonly group = new FakeGroup(this.clock);
  readonly shards = Object.assign(new FakeShards(), { serverNowMs: () => this.clock.nowMs() });
  readonly dataPlane = new FakeDataPlane();
  readonly recorder = new Recorder();
  /** For how long logs are kept, as the server answers. */
  retentionSec: () => Promise<number> = () => Promise.resolve(Infinity);
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;
  /** What the run came to. */
  abandoned: number | undefined;
  error: unknown;

  async start(options: Partial<ConsumerSource> = {}): Promise<void> {
    const { telemetry } = this.recorder;
    const source = new SourceConsumer({ clock: this.clock, random: () => 0.5, telemetry }, {
      name: "p/l",
      consumer: "me",
      wanted: {
        name: "group",
        timeoutMs: undefined,
        newTimeoutMs: 60_000,
        inOrder: undefined,
        update: false,
      },
      start: "begin",
      heartbeatIntervalMs: 20_000,
      checkpointIntervalMs: 5000,
      drainTimeoutMs: 8000,
      group: this.group,
      shards: this.shards,
      logstore: { retentionSec: () => this.retentionSec() },
      dataPlane: this.dataPlane,
      ledger: this.recorder,
      ...options,
    });
    this.#running = source.run(this.#stop.signal)
      .then((abandoned) => void (this.abandoned = abandoned), (error) => this.error = error);
    await this.clock.advance(0);
  }

  /** Asks the source to stop, and lets it come as far as it can without time passing. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("SIGTERM"));
    await this.clock.advance(0);
  }

  /** Stops the source, lets time pass, and checks that it has ended with nothing left behind. */
  async stopped(withinMs = 1000): Promise<void> {
    await this.stop();
    await this.clock.advance(withinMs);
    assert.ok(this.abandoned !== undefined || this.error !== undefined, "the source has not ended");
    await this.#running;
    assert.equal(this.clock.sleeping, 0, "something still sleeps");
    assert.deepEqual(this.dataPlane.running, [], "a shard is still read");
  }
}
