import assert from "node:assert/strict";
import { ShardHarness } from "./shard_harness.ts";

const cursor = (number: number) => btoa(String(number));
/** Cursors of a server that are not numbers: only its answers show what has expired. */
const EXPIRED = "expired";
const BEGIN = "begin-cursor";

/** A shard whose stored checkpoint has expired, or is something else that the server does not take. */
async function withExpiredCheckpoint(
  checkpoint = EXPIRED,
  begin = BEGIN,
): Promise<ShardHarness> {
  const shard = new ShardHarness();
  shard.group.checkpoints.set(1, checkpoint);
  shard.shards.begin = begin;
  shard.shards.expired.add(checkpoint);
  await shard.start({ start: "end" });
  return shard;
}

/** Lets the server refuse the cursor until there is no further try. */
async function refuseThrice(shard: ShardHarness): Promise<void> {
  for (let refusals = 0; refusals < 3; refusals++) {
    shard.run.refuseCursor();
    await shard.clock.advance(1000);
  }
}

async function release(shard: ShardHarness): Promise<void> {
  shard.lease.revoke("rebalanced");
  assert.equal(await shard.ended(), "released");
}

Deno.test("ShardTask tries a refused cursor three times before its data counts as gone", async () => {
  const shard = await withExpiredCheckpoint();
  shard.run.refuseCursor();
  await shard.clock.advance(249);
  assert.equal(shard.dataPlane.runs.length, 1);
  await shard.clock.advance(1);
  shard.run.refuseCursor();
  await shard.clock.advance(499);
  assert.equal(shard.dataPlane.runs.length, 2);
  await shard.clock.advance(1);
  assert.deepEqual(shard.dataPlane.runs.map(({ job }) => job.cursor), [
    EXPIRED,
    EXPIRED,
    EXPIRED,
  ]);
  assert.deepEqual(shard.recorder.of("gap"), []);
  shard.run.deliver("c1"); // the third time it works
  await release(shard);
  assert.deepEqual(shard.written, ["c1"]);
});

Deno.test("ShardTask continues at the oldest log after a gap, never at the end, and reports it", async () => {
  const shard = await withExpiredCheckpoint();
  await refuseThrice(shard);
  assert.deepEqual(shard.shards.places, ["begin", "begin"], "at the start, and for the gap");
  assert.equal(shard.run.job.cursor, BEGIN);
  const message =
    `The logs of p/l shard 1 between cursor ${EXPIRED} and cursor ${BEGIN} (received ` +
    "2026-09-21T14:13:20.000Z) had expired before they were read";
  assert.deepEqual(shard.recorder.of("gap"), [{
    type: "gap",
    source: "p/l",
    shard: 1,
    reason: "expired",
    lostCursor: EXPIRED,
    resumedCursor: BEGIN,
    message,
  }]);
  assert.deepEqual(shard.dataPlane.notices, [{
    sls2hec: "gap",
    source: "p/l",
    shard: 1,
    reason: "expired",
    lost_cursor: EXPIRED,
    resumed_cursor: BEGIN,
    resumed_received_at: "2026-09-21T14:13:20.000Z",
    reported_at: "2026-10-06T08:30:02.000Z",
    message,
  }]);
  shard.run.deliver("c1");
  await release(shard);
  assert.deepEqual(shard.written.at(-1), "c1");
});

Deno.test("ShardTask says when the lost logs were received if the server still knows", async () => {
  const shard = await withExpiredCheckpoint();
  shard.shards.expired.clear();
  await refuseThrice(shard);
  assert.equal(shard.dataPlane.notices[0]?.lost_received_at, "2026-09-21T14:13:20.000Z");
  assert.match(shard.recorder.of("gap")[0]!.message, /cursor expired \(received 2026-09-21T/);
  await release(shard);
});

for (
  const [what, checkpoint, reason] of [
    ["is not a cursor", "not base64!", "malformed"],
    ["holds no number", btoa("12 monkeys"), "malformed"],
    ["is of another shard", cursor(9000), "foreign"],
  ] as const
) {
  Deno.test(`ShardTask whose checkpoint ${what} says so and reads from the oldest log on`, async () => {
    const shard = await withExpiredCheckpoint(checkpoint, cursor(2000));
    await refuseThrice(shard);
    assert.equal(shard.run.job.cursor, cursor(2000));
    const [gap] = shard.recorder.of("gap");
    assert.equal(gap?.reason, reason);
    assert.ok(gap!.message.includes(checkpoint), gap!.message);
    assert.ok(gap!.message.includes(`cursor ${cursor(2000)}`), gap!.message);
    assert.equal(shard.dataPlane.notices[0]?.reason, reason);
    await release(shard);
  });
}

Deno.test("ShardTask whose checkpoint is older than the oldest log never reads there: the server might say nothing", async () => {
  const shard = await withExpiredCheckpoint(cursor(1999), cursor(2000));
  await shard.clock.advance(0);
  assert.deepEqual(shard.dataPlane.runs.map(({ job }) => job.cursor), [cursor(2000)]);
  assert.deepEqual(shard.recorder.of("gap").map(({ reason }) => reason), ["expired"]);
  assert.equal(shard.dataPlane.notices.length, 1);
  shard.run.deliver("c1");
  await release(shard);
  assert.deepEqual(shard.written.at(-1), "c1");
});

Deno.test("ShardTask whose checkpoint is the oldest log reads there", async () => {
  const shard = await withExpiredCheckpoint(cursor(2000), cursor(2000));
  assert.equal(shard.run.job.cursor, cursor(2000));
  assert.deepEqual(shard.recorder.of("gap"), []);
  await release(shard);
});

Deno.test("ShardTask that cannot ask for the oldest log reads at its checkpoint", async () => {
  const shard = new ShardHarness();
  shard.group.checkpoints.set(1, cursor(1000));
  shard.shards.begin = cursor(2000);
  shard.shards.fault = () => new Error("502");
  await shard.start();
  assert.equal(shard.run.job.cursor, cursor(1000));
  await release(shard);
});

Deno.test("ShardTask passes a gap with its checkpoint only after Splunk has the report", async () => {
  const shard = await withExpiredCheckpoint();
  shard.dataPlane.noticeFault = () => "hang";
  await refuseThrice(shard);
  await shard.clock.advance(60_000);
  assert.equal(shard.dataPlane.notices.length, 1);
  assert.deepEqual(shard.written, []);
  assert.equal(shard.dataPlane.runs.length, 3);
  shard.lease.revoke("rebalanced");
  await shard.clock.advance(7999);
  assert.equal(shard.end, undefined); // Splunk may still take it
  await shard.clock.advance(1);
  assert.equal(await shard.ended(), "released");
  assert.deepEqual(shard.written, []);
});

Deno.test("ShardTask that is lost at a gap writes nothing", async () => {
  const shard = await withExpiredCheckpoint();
  shard.dataPlane.noticeFault = () => "hang";
  await refuseThrice(shard);
  shard.lease.lose("no heartbeat");
  assert.equal(await shard.ended(), "lost");
  assert.deepEqual(shard.written, []);
});

for (const call of ["cursorAt", "cursorTimeSec"] as const) {
  Deno.test(`ShardTask asks again when ${call} fails at a gap, and ends when it is revoked there`, async () => {
    const shard = await withExpiredCheckpoint();
    shard.shards.fault = (now) => now === call ? new Error("502") : undefined;
    await refuseThrice(shard);
    await shard.clock.advance(10_000);
    assert.deepEqual(shard.recorder.of("gap"), []);
    assert.deepEqual(shard.dataPlane.notices, []);
    shard.shards.fault = (now) => now === call ? "hang" : undefined;
    await shard.clock.advance(30_000);
    await release(shard);
    assert.deepEqual(shard.written, []);
  });
}

Deno.test("ShardTask reports no gap when the refused cursor is the oldest one itself", async () => {
  const shard = await withExpiredCheckpoint();
  shard.shards.begin = EXPIRED;
  await refuseThrice(shard);
  for (let refusals = 0; refusals < 5; refusals++) {
    shard.run.refuseCursor();
    await shard.clock.advance(15_000);
  }
  assert.equal(shard.dataPlane.runs.length, 9);
  assert.deepEqual(shard.recorder.of("gap"), []);
  assert.deepEqual(shard.dataPlane.notices, []);
  shard.run.deliver("c1"); // it was the server's mistake
  await release(shard);
  assert.deepEqual(shard.written, ["c1"]);
});

Deno.test("ShardTask starts counting refusals again after a page came through", async () => {
  const shard = await withExpiredCheckpoint();
  for (const cursor of ["c1", "c2", "c3", "c4"]) {
    shard.run.deliver(cursor);
    shard.run.refuseCursor();
    await shard.clock.advance(1000);
    assert.equal(shard.run.job.cursor, cursor);
    shard.run.refuseCursor();
    await shard.clock.advance(1000);
  }
  assert.deepEqual(shard.recorder.of("gap"), []);
  assert.deepEqual(shard.shards.places, ["begin"], "at the start alone");
  await release(shard);
});

Deno.test("ShardTask numbers pages on over several runs of the data plane", async () => {
  const shard = await withExpiredCheckpoint();
  shard.run.deliver("c1");
  shard.run.pull("c2");
  shard.run.rewind(1); // it was broken
  shard.run.refuseCursor();
  await shard.clock.advance(1000);
  assert.equal(shard.run.job.cursor, "c1");
  shard.run.deliver("c2");
  shard.run.deliver("c3");
  await release(shard);
  assert.deepEqual(shard.written.at(-1), "c3");
});

for (const how of ["revoked", "lost"] as const) {
  Deno.test(`ShardTask that is ${how} between two tries of a cursor ends at once`, async () => {
    const shard = await withExpiredCheckpoint();
    shard.run.deliver("c1");
    shard.run.refuseCursor();
    await shard.clock.advance(100);
    if (how === "lost") shard.lease.lose("no heartbeat");
    else shard.lease.revoke("rebalanced");
    assert.equal(await shard.ended(), how === "lost" ? "lost" : "released");
    assert.deepEqual(shard.written, how === "lost" ? [] : ["c1"]);
  });
}

Deno.test("ShardTask ends at a gap when its checkpoints fail unexpectedly", async () => {
  const shard = new ShardHarness();
  await shard.start();
  shard.run.deliver("c1");
  shard.dataPlane.noticeFault = () => "hang";
  await refuseThrice(shard);
  shard.recorder.bug = new Error("a bug");
  await shard.clock.advance(5000);
  await shard.ended();
  assert.equal(shard.error, shard.recorder.bug);
});
