import assert from "node:assert/strict";
import { CheckpointTracker } from "../../src/consumer/checkpoint_tracker.ts";
import { CheckpointWriter } from "../../src/consumer/checkpoint_writer.ts";
import { ShardLease } from "../../src/consumer/shard_lease.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeGroup } from "./fake_group.ts";
import { Recorder, reportOf } from "./recorder.ts";

const STOPPED = new Error("stopped");

/** A writer of shard 3 that starts at cursor `c0` with nothing stored. */
function setUp() {
  const clock = new FakeClock();
  const group = new FakeGroup(clock);
  const recorder = new Recorder();
  const lease = new ShardLease(3);
  const tracker = new CheckpointTracker("", "c0");
  const env = { clock, random: () => 0.5, telemetry: recorder.telemetry };
  const writer = new CheckpointWriter(env, {
    name: "p/l",
    consumer: "me",
    checkpointIntervalMs: 5000,
    group,
    ledger: recorder,
  }, { lease, tracker, onWritten: () => {} });
  let pages = 0;
  /** The checkpoint may move to `cursor`. */
  const reach = (cursor: string) => {
    tracker.pulled(pages, cursor);
    tracker.done(pages++, reportOf(1));
  };
  const stop = new AbortController();
  const run = () => {
    const running = writer.run(stop.signal).catch((error) => error);
    return async (): Promise<unknown> => {
      stop.abort(STOPPED);
      return await running;
    };
  };
  return { clock, group, recorder, lease, tracker, writer, reach, run };
}

Deno.test("CheckpointWriter writes the start at once, then at the interval what has moved", async () => {
  const { clock, group, recorder, reach, run } = setUp();
  const stop = run();
  await clock.advance(0);
  reach("c1");
  await clock.advance(4999);
  reach("c2");
  await clock.advance(1);
  await clock.advance(10_000); // nothing moves
  reach("c3");
  await clock.advance(5000);
  assert.deepEqual(group.writes, [
    { atMs: 0, shard: 3, cursor: "c0" },
    { atMs: 5000, shard: 3, cursor: "c2" },
    { atMs: 20_000, shard: 3, cursor: "c3" },
  ]);
  assert.deepEqual(recorder.of("checkpoint_written").map(({ cursor }) => cursor), [
    "c0",
    "c2",
    "c3",
  ]);
  assert.deepEqual(recorder.covered, ["3:c2", "3:c3"], "the start covers nothing");
  assert.equal(await stop(), STOPPED);
});

Deno.test("CheckpointWriter is pending while a page is open or a cursor is not written", async () => {
  const { clock, tracker, writer, run } = setUp();
  assert.equal(writer.pending, true); // the start
  const stop = run();
  await clock.advance(0);
  assert.equal(writer.pending, false);
  tracker.pulled(0, "c1");
  assert.equal(writer.pending, true);
  tracker.done(0, reportOf(1));
  assert.equal(writer.pending, true);
  await clock.advance(5000);
  assert.equal(writer.pending, false);
  await stop();
});

Deno.test("CheckpointWriter takes a refusal as the loss of the lease, and writes no more", async () => {
  const { clock, group, recorder, lease, reach, run, writer } = setUp();
  group.refusal = () => "ConsumerNotMatch";
  const stop = run();
  await clock.advance(0);
  assert.equal(lease.lost.aborted, true);
  assert.deepEqual(recorder.of("leases_lost"), [
    { type: "leases_lost", source: "p/l", shards: [3], reason: "ConsumerNotMatch" },
  ]);
  reach("c1");
  await clock.advance(60_000);
  await stop();
  await writer.flush();
  assert.deepEqual(group.calls, ["writeCheckpoint"]);
  assert.deepEqual(recorder.of("trouble"), []);
});

Deno.test("CheckpointWriter retries a failed write at the interval, and reports it", async () => {
  const { clock, group, recorder, run } = setUp();
  const faults = [new Error("502"), new Error("502")];
  group.fault = () => faults.shift();
  const stop = run();
  await clock.advance(10_000);
  await stop();
  assert.deepEqual(group.writes, [{ atMs: 10_000, shard: 3, cursor: "c0" }]);
  assert.deepEqual(recorder.of("trouble").map(({ retryInMs }) => retryInMs), [5000, 5000]);
  assert.equal(recorder.of("recovered").length, 1);
});

Deno.test("CheckpointWriter.run() gives up the write in flight when it is stopped", async () => {
  const { clock, group, recorder, run } = setUp();
  group.fault = () => "hang";
  const stop = run();
  await clock.advance(0);
  assert.equal(await stop(), STOPPED);
  assert.deepEqual(recorder.events, []);
});

Deno.test("CheckpointWriter writes no checkpoint that the ledger has not recorded, and tries again", async () => {
  const { clock, group, recorder, reach, run } = setUp();
  const stop = run();
  await clock.advance(0);
  recorder.ledgerFailure = new Error("disk full");
  reach("c1");
  await clock.advance(10_000);
  assert.deepEqual(group.written(3), ["c0"]);
  assert.deepEqual(recorder.of("trouble").map(({ message }) => message), [
    "disk full",
    "disk full",
  ]);
  recorder.ledgerFailure = undefined;
  reach("c2");
  await clock.advance(5000);
  assert.deepEqual(group.written(3), ["c0", "c2"]);
  assert.deepEqual(recorder.covered, ["3:c1", "3:c2"]);
  await stop();
});

Deno.test("CheckpointWriter records a range in the ledger once, however often the write fails", async () => {
  const { clock, group, recorder, reach, run } = setUp();
  const stop = run();
  await clock.advance(0);
  const faults = [new Error("502"), new Error("502")];
  group.fault = () => faults.shift();
  reach("c1");
  await clock.advance(15_000);
  assert.deepEqual(group.written(3), ["c0", "c1"]);
  assert.deepEqual(recorder.covered, ["3:c1"]);
  await stop();
});

Deno.test("CheckpointWriter.flush() writes what is due, and nothing when nothing is", async () => {
  const { group, reach, writer } = setUp();
  reach("c1");
  await writer.flush();
  await writer.flush();
  assert.deepEqual(group.written(3), ["c1"]);
});

Deno.test("CheckpointWriter.flush() tries three times, soon after one another", async () => {
  const { clock, group, recorder, writer } = setUp();
  const faults = [new Error("502"), new Error("503")];
  group.fault = () => faults.shift();
  const flushing = writer.flush();
  await clock.advance(300);
  await flushing;
  assert.deepEqual(group.writes, [{ atMs: 300, shard: 3, cursor: "c0" }]);
  assert.deepEqual(recorder.of("trouble").map(({ retryInMs }) => retryInMs), [100, 200]);
});

Deno.test("CheckpointWriter.flush() gives up after the third failure, and says what that means", async () => {
  const { clock, group, recorder, lease, writer } = setUp();
  group.fault = () => new Error("502");
  const flushing = writer.flush();
  await clock.advance(300);
  await flushing;
  assert.equal(group.calls.length, 3);
  const last = recorder.of("trouble").at(-1);
  assert.equal(last?.retryInMs, 0);
  assert.equal(lease.lost.aborted, false);
});

Deno.test("CheckpointWriter.flush() gives up on a server that hangs, after five seconds in all", async () => {
  const { clock, group, recorder, writer } = setUp();
  group.fault = () => "hang";
  let over = false;
  const flushing = writer.flush().then(() => over = true);
  await clock.advance(4999);
  assert.equal(over, false);
  await clock.advance(1);
  await flushing;
  assert.match(recorder.of("trouble").at(-1)?.message ?? "", /longer than 5000 ms/);
});

Deno.test("CheckpointWriter.flush() ends without a word when the lease is lost meanwhile", async () => {
  const { clock, group, recorder, lease, writer } = setUp();
  group.fault = () => "hang";
  const flushing = writer.flush();
  await clock.advance(100);
  lease.lose("No heartbeat succeeded");
  await flushing;
  assert.deepEqual(group.writes, []);
  assert.deepEqual(recorder.events, []);
});

Deno.test("CheckpointWriter.flush() gives up when the ledger fails, and writes no checkpoint", async () => {
  const { clock, group, recorder, reach, writer } = setUp();
  recorder.ledgerFailure = new Error("disk full");
  reach("c1");
  const flushing = writer.flush();
  await clock.advance(5000);
  await flushing;
  assert.deepEqual(group.writes, []);
  assert.equal(recorder.of("trouble").length, 3);
});
