import assert from "node:assert/strict";
import type { WantedGroup } from "../../src/consumer/ports.ts";
import { SourceHarness } from "./source_harness.ts";

const wanted: WantedGroup = {
  name: "group",
  timeoutMs: 90_000,
  newTimeoutMs: 60_000,
  inOrder: true,
  update: false,
};

Deno.test("SourceConsumer reports a group that is not as configured once, and keeps to the group's timeout", async () => {
  const source = new SourceHarness();
  source.group.groups = [{ name: "group", timeoutSec: 12, inOrder: false }];
  await source.start({ wanted });
  source.group.nextAnswers.push({ kind: "forgotten", message: "NotExistConsumerWithBody" });
  await source.clock.advance(60_000);
  const [event, ...more] = source.recorder.of("group_differs");
  assert.deepEqual([event?.source, event?.group, more], ["p/l", "group", []]);
  assert.match(event!.differences, /12 s.*90 s.*false.*true/);
  assert.equal(source.recorder.of("source_ready")[0]?.heartbeatIntervalMs, 4000);
  assert.deepEqual(source.group.updated, []);
  await source.stopped();
});

Deno.test("SourceConsumer that may change the group does so once, however often another member changes it back", async () => {
  const source = new SourceHarness();
  const original = { name: "group", timeoutSec: 60, inOrder: false };
  source.group.groups = [original];
  await source.start({ wanted: { ...wanted, update: true } });
  assert.deepEqual(source.group.updated, [{ timeoutSec: 90, inOrder: true }]);
  for (let round = 0; round < 3; round++) {
    source.group.groups = [original];
    source.group.nextAnswers.push({ kind: "forgotten", message: "NotExistConsumerWithBody" });
    await source.clock.advance(30_000);
  }
  assert.equal(source.group.updated.length, 1);
  assert.equal(source.recorder.of("group_differs").length, 1);
  await source.stopped();
});

Deno.test("SourceConsumer that was forgotten adopts a timeout that another member has shortened", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  source.group.groups = [{ name: "group", timeoutSec: 6, inOrder: false }];
  source.group.nextAnswers.push({ kind: "forgotten", message: "NotExistConsumerWithBody" });
  await source.clock.advance(20_000);
  assert.equal(source.recorder.of("source_ready").at(-1)?.heartbeatIntervalMs, 2000);
  await source.clock.advance(10_000);
  const sinceMs = source.group.beats.filter(({ atMs }) => atMs > 22_000).map(({ atMs }) => atMs);
  assert.ok(sinceMs.length >= 4, `heartbeats at ${sinceMs}`);
  await source.stopped();
});

Deno.test("SourceConsumer adopts within a minute what another member has changed in the group", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  source.group.groups = [{ name: "group", timeoutSec: 30, inOrder: false }];
  await source.clock.advance(60_000);
  assert.equal(source.recorder.of("source_ready").at(-1)?.heartbeatIntervalMs, 10_000);
  assert.deepEqual(source.group.beats.at(-1)?.atMs, 60_000);
  source.group.fault = () => "hang";
  await source.clock.advance(29_999);
  assert.deepEqual(source.dataPlane.running, [0]);
  await source.clock.advance(1);
  assert.deepEqual(source.dataPlane.running, []); // by the new timeout
  await source.stopped(3000);
});

Deno.test("SourceConsumer that cannot read the group's settings again keeps to those it knows", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  source.group.groups = [{ name: "group", timeoutSec: 15, inOrder: false }];
  source.group.fault = (call) => call === "list" ? new Error("Unauthorized") : undefined;
  await source.clock.advance(240_000);
  assert.equal(source.recorder.of("source_ready").length, 1);
  assert.deepEqual(source.dataPlane.running, [0]);
  await source.stopped();
});
