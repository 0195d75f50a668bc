import assert from "node:assert/strict";
import { SourceAmongFakes } from "./source_among_fakes.ts";

/** What a process sees that stood still: the time has jumped, and its timers are late. */
async function standStill(source: SourceAmongFakes, ms: number): Promise<void> {
  source.clock.leap(ms);
  await source.clock.advance(0);
}

Deno.test("SourceConsumer that stood still beyond the timeout writes no checkpoint, whichever timer comes first", async () => {
  const source = new SourceAmongFakes();
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
  await source.clock.advance(10_000); // begun anew
  assert.equal(source.dataPlane.runs.length, 2);
  await source.stopped();
});

Deno.test("SourceConsumer takes no shard by an answer that lay unread while it stood still", async () => {
  const source = new SourceAmongFakes();
  source.group.granted = [0];
  await source.start();
  const answered = Promise.withResolvers<void>();
  const heartbeat = source.group.heartbeat.bind(source.group);
  source.group.heartbeat = async (...args) => {
    const answer = await heartbeat(...args);
    await answered.promise;
    return answer;
  };
  source.group.granted = [0, 1];
  await source.clock.advance(20_000);
  source.clock.leap(61_000);
  source.group.heartbeat = heartbeat;
  answered.resolve(); // read before any timer fires
  await source.clock.advance(0);
  assert.deepEqual(source.dataPlane.running, []);
  assert.deepEqual(source.recorder.of("leases_lost").map(({ reason }) => reason), [
    "No heartbeat succeeded within the group's timeout",
  ]);
  await source.clock.advance(1000);
  assert.deepEqual(source.group.reports.at(-1), []); // asked anew, with nothing in hand
  await source.clock.advance(10_000);
  assert.deepEqual(source.dataPlane.running, [0, 1]);
  await source.stopped();
});
