import assert from "node:assert/strict";
import { ShardHarness } from "./shard_harness.ts";

/** Ends a running task. */
async function release(shard: ShardHarness): Promise<void> {
  shard.lease.revoke("rebalanced");
  assert.equal(await shard.ended(), "released");
}

Deno.test("ShardTask starts at the stored checkpoint, and has nothing to write then", async () => {
  const shard = new ShardHarness();
  shard.group.checkpoints.set(1, "stored");
  await shard.start({ start: "end" });
  assert.equal(shard.run.job.cursor, "stored");
  assert.deepEqual(shard.shards.places, ["begin"], "shows whether it has expired");
  assert.deepEqual(shard.written, []);
  assert.equal(shard.recorder.of("shard_started")[0]?.from, "checkpoint");
  await release(shard);
  assert.deepEqual(shard.written, []);
});

const places = [
  { start: "begin", cursor: "begin-cursor", from: "begin" },
  { start: "end", cursor: "end-cursor", from: "end" },
  { start: { unixSec: 1_789_000_000 }, cursor: "at-1789000000", from: "start time" },
] as const;
for (const { start, cursor, from } of places) {
  Deno.test(`ShardTask without a checkpoint starts at ${from}, and writes that at once`, async () => {
    const shard = new ShardHarness();
    await shard.start({ start });
    assert.equal(shard.run.job.cursor, cursor);
    assert.deepEqual(shard.group.writes, [{ atMs: 0, shard: 1, cursor }]);
    assert.equal(shard.recorder.of("shard_started")[0]?.from, from);
    await release(shard);
  });
}

for (const checkpoint of ["", "stored"]) {
  Deno.test(`ShardTask of a process that has delivered the shard before continues ${checkpoint ? "at the checkpoint" : "there when no checkpoint is left"}`, async () => {
    const shard = new ShardHarness();
    shard.delivered.set(1, "delivered");
    if (checkpoint) shard.group.checkpoints.set(1, checkpoint);
    await shard.start({ start: "end" });
    assert.equal(shard.run.job.cursor, checkpoint || "delivered");
    shard.run.deliver("c1");
    shard.run.pull("c2");
    shard.lease.lose("ConsumerGroupNotExist");
    assert.equal(await shard.ended(), "lost");
    assert.deepEqual([...shard.delivered], [[1, "c1"]]);
  });
}

Deno.test("ShardTask looks for its start until it finds it", async () => {
  const shard = new ShardHarness();
  const faults = [new Error("502"), undefined, new Error("503")]; // of the checkpoint, try by try
  shard.group.fault = (call) => call === "checkpoint" ? faults.shift() : undefined;
  shard.shards.fault = () => shard.shards.places.length < 3 ? new Error("504") : undefined;
  await shard.start();
  await shard.clock.advance(5000);
  assert.equal(shard.run.job.cursor, "begin-cursor");
  assert.equal(shard.recorder.of("trouble").length, 3);
  assert.equal(shard.recorder.of("recovered").length, 1);
  await release(shard);
});

Deno.test("ShardTask asks for the oldest cursor, its start, while the checkpoint is under way", async () => {
  const shard = new ShardHarness();
  shard.group.fault = (call) => call === "checkpoint" ? "hang" : undefined;
  await shard.start();
  assert.deepEqual(shard.shards.places, ["begin"]);
  shard.lease.revoke("rebalanced");
  assert.equal(await shard.ended(), "released");
});

Deno.test("ShardTask starts at its checkpoint also when the oldest cursor cannot be had", async () => {
  const shard = new ShardHarness();
  shard.group.checkpoints.set(1, "stored");
  shard.shards.fault = () => new Error("504");
  await shard.start();
  assert.equal(shard.run.job.cursor, "stored");
  assert.deepEqual(shard.recorder.of("trouble"), []);
  await release(shard);
});

for (const call of ["checkpoint", "cursorAt"]) {
  for (const how of ["revoked", "lost"] as const) {
    Deno.test(`ShardTask that is ${how} while it waits for ${call} ends at once`, async () => {
      const shard = new ShardHarness();
      shard.group.fault = (now) => now === call ? "hang" : undefined;
      shard.shards.fault = (now) => now === call ? "hang" : undefined;
      await shard.start();
      if (how === "lost") shard.lease.lose("no heartbeat");
      else shard.lease.revoke("rebalanced");
      assert.equal(await shard.ended(), how === "lost" ? "lost" : "released");
      assert.deepEqual(shard.dataPlane.runs, []);
      assert.deepEqual(shard.written, []);
    });
  }
}

for (const how of ["revoked", "lost"] as const) {
  Deno.test(`ShardTask of a lease that was ${how} before it began does nothing`, async () => {
    const shard = new ShardHarness();
    if (how === "lost") shard.lease.lose("no heartbeat");
    else shard.lease.revoke("rebalanced");
    await shard.start();
    assert.equal(await shard.ended(), how === "lost" ? "lost" : "released");
    assert.deepEqual(shard.dataPlane.runs, []);
    assert.deepEqual(shard.recorder.events, []);
  });
}

Deno.test("ShardTask writes at the interval what is finished, and reports each page", async () => {
  const shard = new ShardHarness();
  await shard.start();
  shard.run.deliver("c1");
  const open = shard.run.pull("c2");
  shard.run.deliver("c3");
  await shard.clock.advance(5000);
  assert.deepEqual(shard.written, ["begin-cursor", "c1"]);
  shard.run.done(open);
  await shard.clock.advance(5000);
  assert.deepEqual(shard.written, ["begin-cursor", "c1", "c3"]);
  assert.equal(shard.recorder.pages.length, 3);
  assert.deepEqual(shard.recorder.of("page_delivered")[0], {
    type: "page_delivered",
    source: "p/l",
    shard: 1,
    logs: 1,
    rawBytes: 10,
    eventBytes: 20,
  });
  await release(shard);
});

Deno.test("ShardTask that is revoked finishes the open pages, writes its checkpoint, and is released", async () => {
  const shard = new ShardHarness();
  await shard.start();
  const first = shard.run.pull("c1");
  const second = shard.run.pull("c2");
  shard.lease.revoke("rebalanced");
  await shard.clock.advance(3000);
  shard.run.done(second);
  assert.equal(shard.end, undefined);
  shard.run.done(first);
  assert.equal(await shard.ended(), "released");
  assert.deepEqual(shard.written, ["begin-cursor", "c2"]);
});

Deno.test("ShardTask that is lost drops the open pages at once, and writes nothing", async () => {
  const shard = new ShardHarness();
  await shard.start();
  shard.run.deliver("c1");
  shard.run.pull("c2");
  shard.lease.lose("no heartbeat");
  assert.equal(await shard.ended(), "lost");
  assert.deepEqual(shard.written, ["begin-cursor"]);
});

Deno.test("ShardTask that is lost while it drains drops the open pages at once", async () => {
  const shard = new ShardHarness();
  await shard.start();
  shard.run.deliver("c1");
  shard.run.pull("c2");
  shard.lease.revoke("rebalanced");
  await shard.clock.advance(1000);
  shard.lease.lose("no heartbeat");
  assert.equal(await shard.ended(), "lost");
  assert.deepEqual(shard.written, ["begin-cursor"]);
});

Deno.test("ShardTask that drains too long drops the rest, and writes what was finished", async () => {
  const shard = new ShardHarness();
  await shard.start();
  shard.run.deliver("c1");
  shard.run.pull("c2");
  shard.lease.revoke("rebalanced");
  await shard.clock.advance(7999);
  assert.equal(shard.end, undefined);
  await shard.clock.advance(1);
  assert.equal(await shard.ended(), "abandoned");
  assert.deepEqual(shard.written, ["begin-cursor", "c1"]);
});

Deno.test("ShardTask that drains for another consumer hurries when the program stops", async () => {
  const shard = new ShardHarness();
  shard.drainTimeoutMs = 60_000;
  await shard.start();
  shard.run.pull("c1");
  shard.lease.revoke("rebalanced");
  await shard.clock.advance(2500);
  shard.drainTimeoutMs = 8000; // now the program stops
  await shard.clock.advance(5499);
  assert.equal(shard.end, undefined);
  await shard.clock.advance(1);
  assert.equal(await shard.ended(), "abandoned");
});

Deno.test("ShardTask whose checkpoint is refused is lost", async () => {
  const shard = new ShardHarness();
  shard.group.refusal = (_shard, cursor) => cursor === "c1" ? "ConsumerNotMatch" : undefined;
  await shard.start();
  shard.run.deliver("c1");
  await shard.clock.advance(5000);
  assert.equal(await shard.ended(), "lost");
});

Deno.test("ShardTask whose last checkpoint is refused is lost", async () => {
  const shard = new ShardHarness();
  shard.group.refusal = (_shard, cursor) => cursor === "c1" ? "ConsumerNotMatch" : undefined;
  await shard.start();
  shard.run.deliver("c1");
  shard.lease.revoke("rebalanced");
  assert.equal(await shard.ended(), "lost");
});

Deno.test("ShardTask whose last checkpoint cannot be written is released all the same", async () => {
  const shard = new ShardHarness();
  await shard.start();
  shard.run.deliver("c1");
  shard.group.fault = () => "hang";
  shard.lease.revoke("rebalanced");
  await shard.clock.advance(4999);
  assert.equal(shard.end, undefined);
  await shard.clock.advance(1);
  assert.equal(await shard.ended(), "released");
});

Deno.test("ShardTask of a shard that is gone writes what was finished", async () => {
  const shard = new ShardHarness();
  await shard.start();
  shard.run.deliver("c1");
  shard.run.end({ kind: "gone", message: "ShardNotExist" });
  assert.equal(await shard.ended(), "gone");
  assert.deepEqual(shard.written, ["begin-cursor", "c1"]);
});

Deno.test("ShardTask takes pages that were pulled again after they had been broken", async () => {
  const shard = new ShardHarness();
  await shard.start();
  shard.run.pull("c1");
  shard.run.pull("c2");
  shard.run.rewind(1);
  shard.run.done(0);
  shard.run.deliver("c2b");
  await release(shard);
  assert.deepEqual(shard.written, ["begin-cursor", "c2b"]);
});

Deno.test("ShardTask throws an unexpected error of the data plane, and leaves nothing behind", async () => {
  const shard = new ShardHarness();
  const fault = new TypeError("undefined is not a function");
  await shard.start();
  shard.run.pull("c1");
  shard.run.fail(fault);
  await shard.ended();
  assert.equal(shard.error, fault);
  assert.deepEqual(shard.written, ["begin-cursor"]);
});

Deno.test("ShardTask throws an unexpected failure of its checkpoints, and reads on without them not a moment", async () => {
  const shard = new ShardHarness();
  await shard.start();
  shard.run.deliver("c1");
  shard.run.pull("c2");
  shard.recorder.bug = new Error("a bug");
  await shard.clock.advance(5000);
  await shard.ended();
  assert.equal(shard.error, shard.recorder.bug);
});
