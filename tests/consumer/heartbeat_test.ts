import assert from "node:assert/strict";
import { SourceHarness } from "./source_harness.ts";

Deno.test("SourceConsumer joins the group, sends a heartbeat first, and then at the interval", async () => {
  const source = new SourceHarness();
  await source.start();
  await source.clock.advance(60_000);
  assert.deepEqual(source.group.calls.slice(0, 3), ["list", "heartbeat", "heartbeat"]);
  assert.deepEqual(
    source.group.beats.map(({ atMs, consumer, shards }) => [atMs, consumer, shards]),
    [
      [0, "me", []],
      [20_000, "me", []],
      [40_000, "me", []],
      [60_000, "me", []],
    ],
  );
  assert.deepEqual(source.recorder.of("source_ready"), [{
    type: "source_ready",
    source: "p/l",
    group: "group",
    consumer: "me",
    groupTimeoutMs: 60_000,
    heartbeatIntervalMs: 20_000,
    how: "found it",
  }]);
  await source.stopped();
});

Deno.test("SourceConsumer sends heartbeats at a third of a group's shorter timeout", async () => {
  const source = new SourceHarness();
  source.group.groups = [{ name: "group", timeoutSec: 10, inOrder: false }];
  await source.start();
  await source.clock.advance(6666);
  assert.deepEqual(source.group.beats.map(({ atMs }) => atMs), [0, 3333, 6666]);
  await source.stopped();
});

Deno.test("SourceConsumer tries to join until it can, and sends no heartbeat before", async () => {
  const source = new SourceHarness();
  let lists = 0;
  source.group.fault = (call) =>
    call === "list" && ++lists < 4 ? new Error("Unauthorized") : undefined;
  await source.start();
  assert.deepEqual(source.group.beats, []);
  await source.clock.advance(5000);
  assert.equal(source.group.beats.length, 1);
  const about = "p/l: join consumer group group";
  assert.deepEqual(source.recorder.of("trouble").map((event) => event.about), [
    about,
    about,
    about,
  ]);
  assert.deepEqual(source.recorder.of("recovered"), [{ type: "recovered", about }]);
  await source.stopped();
});

Deno.test("SourceConsumer tries a failed heartbeat again soon, and keeps its shards meanwhile", async () => {
  const source = new SourceHarness();
  source.group.granted = [0, 1];
  await source.start();
  source.group.fault = (call) => call === "heartbeat" ? new Error("502") : undefined;
  await source.clock.advance(24_000);
  const tries = source.group.beats.filter(({ atMs }) => atMs >= 20_000);
  assert.deepEqual(tries.map(({ atMs }) => atMs), [20_000, 20_500, 21_500, 23_500]);
  assert.ok(tries.every(({ shards }) => shards.length === 2));
  source.group.fault = () => undefined;
  await source.clock.advance(10_000);
  assert.deepEqual(source.dataPlane.running, [0, 1]);
  assert.equal(source.recorder.of("recovered").length, 1);
  assert.deepEqual(source.recorder.of("leases_lost"), []);
  await source.stopped();
});

for (const how of ["refuses", "hangs", "refuses and then hangs"] as const) {
  Deno.test(`SourceConsumer loses every shard just when the group's timeout is over, if the server ${how}`, async () => {
    const source = new SourceHarness();
    source.group.granted = [0, 1];
    await source.start();
    await source.clock.advance(20_000); // the last heartbeat that succeeds
    source.dataPlane.of(0).deliver("c1");
    source.group.fault = () =>
      how === "hangs" || how !== "refuses" && source.clock.monotonicMs() > 75_000
        ? "hang"
        : new Error("502");
    await source.clock.advance(59_999);
    assert.deepEqual(source.dataPlane.running, [0, 1]);
    await source.clock.advance(1);
    assert.deepEqual(source.dataPlane.running, []);
    assert.deepEqual(source.recorder.of("leases_lost"), [{
      type: "leases_lost",
      source: "p/l",
      shards: [0, 1],
      reason: "No heartbeat succeeded within the group's timeout",
    }]);
    source.group.fault = () => undefined;
    await source.clock.advance(60_000);
    const next = source.group.beats.find(({ atMs }) => atMs > 80_000)!;
    assert.deepEqual(next.shards, []);
    assert.deepEqual(source.group.written(0).slice(1), []);
    assert.deepEqual(source.dataPlane.running, [0, 1]); // started again
    await source.stopped();
  });
}

Deno.test("SourceConsumer reckons the timeout from when a heartbeat was sent, not from its answer", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  // The answer of the heartbeat at 20 s takes 15 s; then the server is gone.
  let slow = true;
  const heartbeat = source.group.heartbeat.bind(source.group);
  source.group.heartbeat = async (...args) => {
    const answer = await heartbeat(...args);
    if (slow) await source.clock.sleep(15_000);
    return answer;
  };
  await source.clock.advance(35_000);
  assert.equal(source.group.beats.at(-1)?.atMs, 20_000);
  slow = false;
  source.group.fault = () => "hang";
  await source.clock.advance(44_999);
  assert.deepEqual(source.dataPlane.running, [0]);
  await source.clock.advance(1);
  assert.deepEqual(source.dataPlane.running, []);
  await source.stopped(3000);
});

Deno.test("SourceConsumer gives a heartbeat no more time than there is before all is lost", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  source.group.fault = () => "hang";
  await source.clock.advance(70_000);
  const tries = source.group.beats.slice(1).map(({ atMs, timeoutMs }) => [atMs, timeoutMs]);
  assert.deepEqual(tries, [[20_000, 20_000], [40_500, 19_500], [60_200, 20_000]]);
  await source.stopped(3000);
});

Deno.test("SourceConsumer that the server has forgotten loses every shard and starts again", async () => {
  const source = new SourceHarness();
  source.group.granted = [0, 1];
  await source.start();
  await source.clock.advance(19_000);
  source.dataPlane.of(0).deliver("c1");
  source.group.nextAnswers.push({ kind: "forgotten", message: "NotExistConsumerWithBody" });
  await source.clock.advance(1000);
  assert.deepEqual(source.recorder.of("leases_lost").map(({ reason }) => reason), [
    "NotExistConsumerWithBody",
  ]);
  assert.deepEqual(source.dataPlane.running, []);
  await source.clock.advance(1000); // no other consumer has them: there is no reason to wait
  assert.deepEqual(source.group.reports.slice(0, 3), [[], [0, 1], []]);
  assert.deepEqual(source.group.written(0).slice(1), []);
  assert.deepEqual(source.dataPlane.running, [0, 1]);
  await source.stopped();
});

Deno.test("SourceConsumer makes a deleted group again, and takes up its changed timeout", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  source.group.groups = [];
  source.group.nextAnswers.push({ kind: "group_missing", message: "ConsumerGroupNotExist" });
  await source.clock.advance(20_000);
  assert.deepEqual(source.group.created, [{ timeoutSec: 60, inOrder: false }]);
  assert.equal(source.recorder.of("source_ready")[1]?.how, "created it");
  assert.deepEqual(source.recorder.of("leases_lost").map(({ reason }) => reason), [
    "ConsumerGroupNotExist",
  ]);
  await source.clock.advance(10_000);
  assert.deepEqual(source.dataPlane.running, [0]);
  await source.stopped();
});

Deno.test("SourceConsumer asks ever more slowly while the group stays missing", async () => {
  const source = new SourceHarness();
  const missing = { kind: "group_missing", message: "ConsumerGroupNotExist" } as const;
  for (let answers = 0; answers < 6; answers++) source.group.nextAnswers.push(missing);
  await source.start();
  await source.clock.advance(31_500);
  assert.deepEqual(source.group.beats.map(({ atMs }) => atMs), [
    0,
    500,
    1500,
    3500,
    7500,
    15_500,
    30_500,
  ]);
  await source.stopped();
});

Deno.test("SourceConsumer that lost its shards to a silent server keeps counting how far they are behind", async () => {
  const source = new SourceHarness();
  source.group.granted = [0, 1];
  await source.start();
  for (const shard of [0, 1]) source.dataPlane.of(shard).caughtUp();
  source.group.fault = () => new Error("502");
  source.shards.fault = () => new Error("502");
  await source.clock.advance(300_000);
  const lags = source.recorder.of("progress").map(({ lagSec }) => lagSec!);
  assert.ok(lags.length >= 4, `${lags}`);
  for (const [i, sec] of lags.entries()) {
    if (i > 0) assert.ok(sec > lags[i - 1]!, `${lags}`);
  }
  source.group.fault = () => undefined;
  source.shards.fault = () => undefined;
  await source.clock.advance(60_000);
  assert.deepEqual(source.dataPlane.running, [0, 1]);
  await source.stopped();
});
