import assert from "node:assert/strict";
import { SourceHarness } from "./source_harness.ts";

Deno.test("SourceConsumer that stops drains, writes its checkpoints, and then reports no shard", async () => {
  const source = new SourceHarness();
  source.group.granted = [0, 1];
  await source.start();
  source.dataPlane.of(0).deliver("c1");
  const page = source.dataPlane.of(1).pull("c2");
  await source.stop();
  await source.clock.advance(3000);
  assert.deepEqual(source.dataPlane.running, [1]);
  assert.ok(source.group.reports.slice(1, -1).every((shards) => shards.includes(1)));
  source.dataPlane.of(1).done(page);
  const beforeEnd = source.group.calls.length;
  await source.stopped();
  assert.deepEqual(source.group.calls.slice(beforeEnd), ["writeCheckpoint", "heartbeat"]);
  assert.deepEqual(source.group.reports.at(-1), []);
  assert.deepEqual([source.group.written(0), source.group.written(1)], [
    ["begin-cursor", "c1"],
    ["begin-cursor", "c2"],
  ]);
  assert.equal(source.abandoned, 0);
  assert.deepEqual(source.recorder.of("source_released"), [
    { type: "source_released", source: "p/l", undelivered: 0 },
  ]);
});

Deno.test("SourceConsumer keeps sending heartbeats while it drains", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start({ drainTimeoutMs: 100_000 });
  source.dataPlane.of(0).pull("c1");
  await source.clock.advance(10_000);
  await source.stop();
  await source.clock.advance(70_000);
  assert.deepEqual(source.group.beats.slice(1).map(({ atMs, shards }) => [atMs, ...shards]), [
    [10_000, 0],
    [30_000, 0],
    [50_000, 0],
    [70_000, 0],
  ]);
  await source.stopped(31_000);
  assert.equal(source.abandoned, 1);
});

Deno.test("SourceConsumer that stops takes no new shard", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  const page = source.dataPlane.of(0).pull("c1");
  source.group.granted = [0, 1, 2];
  await source.stop();
  await source.clock.advance(1000);
  assert.deepEqual(source.dataPlane.running, [0]);
  source.dataPlane.of(0).done(page);
  await source.stopped();
  assert.equal(source.dataPlane.runs.length, 1);
});

Deno.test("SourceConsumer drops at the deadline what it could not deliver, and counts those shards", async () => {
  const source = new SourceHarness();
  source.group.granted = [0, 1, 2];
  await source.start();
  source.dataPlane.of(0).pull("c1");
  source.dataPlane.of(1).pull("c1");
  await source.stop();
  await source.clock.advance(7999);
  assert.deepEqual(source.dataPlane.running, [0, 1]);
  await source.clock.advance(1);
  assert.deepEqual(source.dataPlane.running, []);
  await source.stopped();
  assert.equal(source.abandoned, 2);
  assert.equal(source.recorder.of("source_released")[0]?.undelivered, 2);
  assert.deepEqual(source.group.written(0), ["begin-cursor"]);
});

Deno.test("SourceConsumer hurries at the stop with a shard that it drains for another consumer", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  source.dataPlane.of(0).pull("c1");
  source.group.granted = [];
  await source.clock.advance(25_000); // 5 s of 60 s to hand it over are gone
  await source.stop();
  await source.clock.advance(4000);
  assert.deepEqual(source.dataPlane.running, []);
  await source.stopped();
  assert.equal(source.abandoned, 1);
});

Deno.test("SourceConsumer that stops while the server hangs ends within the time to drain and a little", async () => {
  const source = new SourceHarness();
  source.group.granted = [0, 1];
  await source.start();
  await source.clock.advance(19_900);
  source.dataPlane.of(0).deliver("c1");
  source.dataPlane.of(1).deliver("c1");
  source.dataPlane.of(1).pull("c2");
  source.group.fault = () => "hang";
  await source.clock.advance(1000); // a heartbeat is under way
  await source.stop();
  await source.clock.advance(8000 + 700 + 700 - 1);
  assert.equal(source.abandoned, undefined);
  await source.stopped(1);
  assert.equal(source.abandoned, 1);
  assert.match(source.recorder.of("trouble").at(-1)?.hint ?? "", /timeout of 60000 ms/);
});

Deno.test("SourceConsumer that stops with all delivered while the server hangs is done in the time to drain", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  source.dataPlane.of(0).deliver("c1");
  source.group.fault = () => "hang";
  await source.stop();
  await source.clock.advance(5000 + 2000 - 1); // the last write, and the release
  assert.equal(source.abandoned, undefined);
  await source.stopped(1);
  assert.equal(source.abandoned, 0);
});

Deno.test("SourceConsumer that stops with no open page does not wait for a heartbeat in flight", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  let hanging = true;
  source.group.fault = (call) => call === "heartbeat" && hanging ? "hang" : undefined;
  await source.clock.advance(20_100);
  hanging = false; // only the one under way still hangs
  await source.stopped(0);
  assert.deepEqual(source.group.reports.at(-1), []);
});

Deno.test("SourceConsumer that stops while it joins ends at once, and was never there", async () => {
  const source = new SourceHarness();
  source.group.fault = () => "hang";
  await source.start();
  await source.stopped(0);
  assert.deepEqual(source.group.calls, ["list"]);
  assert.equal(source.abandoned, 0);
});

Deno.test("SourceConsumer that stops between two tries to join ends at once", async () => {
  const source = new SourceHarness();
  source.group.fault = () => new Error("502");
  await source.start();
  await source.clock.advance(100);
  await source.stopped(0);
  assert.deepEqual(source.group.beats, []);
});

Deno.test("SourceConsumer that is stopped as it joins does not enter the group by its farewell", async () => {
  const source = new SourceHarness();
  const list = source.group.list.bind(source.group);
  source.group.list = async (signal) => {
    const groups = await list(signal);
    await source.clock.sleep(100);
    return groups;
  };
  await source.start();
  await source.stop();
  await source.stopped(100);
  assert.deepEqual(source.group.beats, []);
});

Deno.test("SourceConsumer whose leases are lost while it drains writes nothing more, and ends", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start({ drainTimeoutMs: 100_000 });
  await source.clock.advance(19_000);
  source.dataPlane.of(0).deliver("c1");
  source.dataPlane.of(0).pull("c2");
  source.group.nextAnswers.push({ kind: "forgotten", message: "NotExistConsumerWithBody" });
  await source.stopped();
  assert.deepEqual(source.group.written(0), ["begin-cursor"]);
  assert.deepEqual(source.recorder.of("shard_ended").map(({ how }) => how), ["lost"]);
});

Deno.test("SourceConsumer loses its shards when an unexpected error ends its heartbeats", async () => {
  const source = new SourceHarness();
  const fault = new Error("the clock is broken");
  source.group.granted = [0];
  await source.start();
  source.dataPlane.of(0).deliver("c1");
  await source.clock.advance(300);
  const sleep = source.clock.sleep.bind(source.clock);
  source.clock.sleep = (ms, signal) => ms === 200 ? Promise.reject(fault) : sleep(ms, signal);
  await source.clock.advance(20_000);
  await source.stopped(0);
  assert.equal(source.error, fault);
  assert.deepEqual(source.group.written(0), ["begin-cursor", "c1"]);
});
