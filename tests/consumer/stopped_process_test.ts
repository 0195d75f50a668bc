import assert from "node:assert/strict";
import { SourceHarness } from "./source_harness.ts";

/** What a process sees that was suspended: the time has jumped, and its timers are late. */
async function standStill(source: SourceHarness, ms: number): Promise<void> {
  source.clock.leap(ms);
  await source.clock.advance(0);
}

/** Keeps the answer of the next heartbeat on its way. @returns what lets it arrive. */
function holdNextAnswer({ group }: SourceHarness): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  const heartbeat = group.heartbeat.bind(group);
  group.heartbeat = async (...args) => {
    group.heartbeat = heartbeat;
    const answer = await heartbeat(...args);
    await promise;
    return answer;
  };
  return resolve;
}

Deno.test("SourceConsumer that was suspended beyond the timeout writes no checkpoint, whichever timer comes first", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  await source.clock.advance(14_000);
  source.dataPlane.of(0).deliver("c1");
  const before = source.group.calls.filter((call) => call === "writeCheckpoint").length;
  await standStill(source, 61_000); // the checkpoint was due before the next heartbeat
  const writes = source.group.calls.filter((call) => call === "writeCheckpoint").length;
  assert.equal(writes, before);
  assert.equal(source.recorder.of("leases_lost").length, 1);
  assert.deepEqual(source.group.reports.at(-1), []);
  await source.clock.advance(10_000); // started again
  assert.equal(source.dataPlane.runs.length, 2);
  await source.stopped();
});

Deno.test("SourceConsumer takes no shard by an answer that was unread while it was suspended", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  const answerLate = holdNextAnswer(source);
  source.group.granted = [0, 1];
  await source.clock.advance(20_000);
  source.clock.leap(61_000);
  answerLate(); // read before any timer fires
  await source.clock.advance(0);
  assert.deepEqual(source.dataPlane.running, [0, 1]);
  assert.equal(source.dataPlane.runs.length, 3); // 0 and then both, by a new answer
  assert.deepEqual(source.recorder.of("leases_lost").map(({ reason }) => reason), [
    "No heartbeat succeeded within the group's timeout",
  ]);
  assert.deepEqual(source.group.reports.at(-1), []); // asked again, with no shard
  await source.clock.advance(10_000);
  assert.deepEqual(source.dataPlane.running, [0, 1]);
  await source.stopped();
});

Deno.test("SourceConsumer that was suspended just after a heartbeat sends the next one at once", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  await source.clock.advance(100); // its least pause between two heartbeats is not over
  await standStill(source, 50_000);
  await source.clock.advance(200);
  assert.equal(source.group.beats.length, 2);
  assert.deepEqual(source.group.reports.at(-1), [0]); // it was in time, and holds its shard
  assert.deepEqual(source.recorder.of("leases_lost"), []);
  await source.stopped();
});

Deno.test("SourceConsumer whose heartbeat was answered late sends the next one before its time is over", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  await source.start();
  const answerLate = holdNextAnswer(source);
  await source.clock.advance(20_000);
  source.clock.leap(50_000);
  answerLate();
  await source.clock.advance(5000);
  assert.deepEqual(source.group.beats.map(({ atMs }) => atMs), [0, 20_000, 70_000]);
  assert.deepEqual(source.recorder.of("leases_lost"), []);
  await source.stopped();
});
