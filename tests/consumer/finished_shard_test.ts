import assert from "node:assert/strict";
import { ShardHarness } from "./shard_harness.ts";
import { SourceHarness } from "./source_harness.ts";

async function readOnlyShard(): Promise<ShardHarness> {
  const shard = new ShardHarness();
  shard.shards.readOnly.add(1);
  await shard.start();
  return shard;
}

async function release(shard: ShardHarness): Promise<void> {
  shard.lease.revoke("rebalanced");
  assert.equal(await shard.ended(), "released");
}

Deno.test("ShardTask writes the end of a read-only shard at once, and reports it once", async () => {
  const shard = await readOnlyShard();
  shard.run.deliver("c1");
  await shard.clock.advance(100);
  shard.run.caughtUp(); // now it is known to be read-only
  await shard.clock.advance(100);
  assert.deepEqual(shard.written, ["begin-cursor"]);
  shard.run.caughtUp();
  await shard.clock.advance(0); // 4.8 s before the checkpoint's interval is over
  assert.deepEqual(shard.written, ["begin-cursor", "c1"]);
  assert.equal(shard.finished, 1);
  assert.deepEqual(shard.recorder.of("shard_finished"), [
    { type: "shard_finished", source: "p/l", shard: 1 },
  ]);
  assert.equal(shard.shards.listed, 1);
  await release(shard);
});

Deno.test("ShardTask writes the end of an empty read-only shard", async () => {
  const shard = await readOnlyShard();
  shard.run.caughtUp();
  await shard.clock.advance(0);
  shard.run.caughtUp();
  await shard.clock.advance(0);
  assert.deepEqual(shard.written, ["begin-cursor"]);
  assert.equal(shard.finished, 1);
  await release(shard);
});

Deno.test("ShardTask takes what was written just before the split for data", async () => {
  const shard = await readOnlyShard();
  shard.run.caughtUp();
  await shard.clock.advance(0);
  shard.run.deliver("c1");
  await shard.clock.advance(60_000);
  assert.equal(shard.finished, 0);
  shard.run.caughtUp();
  await shard.clock.advance(0);
  assert.equal(shard.finished, 1);
  await release(shard);
});

Deno.test("ShardTask waits with the end until every page is finished and the checkpoint written", async () => {
  const shard = await readOnlyShard();
  const page = shard.run.pull("c1");
  shard.run.caughtUp();
  await shard.clock.advance(0);
  shard.run.caughtUp();
  await shard.clock.advance(10_000);
  assert.equal(shard.finished, 0);
  shard.group.fault = (call) => call === "writeCheckpoint" ? new Error("502") : undefined;
  shard.run.done(page);
  await shard.clock.advance(100);
  assert.equal(shard.finished, 0);
  shard.group.fault = () => undefined;
  await shard.clock.advance(5000);
  assert.deepEqual(shard.written, ["begin-cursor", "c1"]);
  assert.equal(shard.finished, 1);
  await release(shard);
});

Deno.test("ShardTask writes its end once more for a server that keeps granting a finished shard", async () => {
  const shard = await readOnlyShard();
  for (let pulls = 0; pulls < 2; pulls++) {
    shard.run.caughtUp();
    await shard.clock.advance(0);
  }
  await shard.clock.advance(4999);
  assert.deepEqual(shard.written, ["begin-cursor"]);
  await shard.clock.advance(60_000);
  assert.deepEqual(shard.written, ["begin-cursor", "begin-cursor"]);
  assert.equal(shard.recorder.of("shard_finished").length, 1);
  await release(shard);
});

Deno.test("ShardTask keeps asking at the interval while the shard takes writes", async () => {
  const shard = new ShardHarness();
  await shard.start();
  for (let pulls = 0; pulls < 20; pulls++) {
    shard.run.caughtUp();
    await shard.clock.advance(1000);
  }
  assert.equal(shard.shards.listed, 4);
  assert.equal(shard.finished, 0);
  await release(shard);
});

Deno.test("ShardTask asks nothing about a shard in which there is more", async () => {
  const shard = await readOnlyShard();
  for (let page = 1; page < 20; page++) {
    shard.run.deliver(`c${page}`);
    await shard.clock.advance(1000);
  }
  assert.equal(shard.shards.listed, 0);
  await release(shard);
});

Deno.test("ShardTask asks again when the shards cannot be listed", async () => {
  const shard = await readOnlyShard();
  shard.shards.fault = (call) => call === "list" ? new Error("502") : undefined;
  shard.run.caughtUp();
  await shard.clock.advance(1000);
  shard.shards.fault = () => undefined;
  await shard.clock.advance(5000);
  shard.run.caughtUp();
  await shard.clock.advance(0);
  assert.equal(shard.finished, 1);
  await release(shard);
});

Deno.test("SourceConsumer sends a heartbeat at once when a shard is finished, since others wait for it", async () => {
  const source = new SourceHarness();
  source.group.granted = [0, 1];
  source.shards.readOnly.add(0);
  await source.start();
  await source.clock.advance(1000);
  const beats = source.group.beats.length;
  for (let pulls = 0; pulls < 2; pulls++) {
    source.dataPlane.of(0).caughtUp();
    await source.clock.advance(0);
  }
  await source.clock.advance(200);
  assert.equal(source.group.beats.length, beats + 1);
  await source.stopped();
});

Deno.test("SourceConsumer lists the shards once for all of its own, more often in an ordered group", async () => {
  for (const [inOrder, lists] of [[false, 2], [true, 7]] as const) {
    const source = new SourceHarness();
    source.group.groups = [{ name: "group", timeoutSec: 60, inOrder }];
    source.group.granted = [0, 1, 2];
    await source.start();
    for (let pulls = 0; pulls < 31; pulls++) {
      for (const shard of [0, 1, 2]) source.dataPlane.of(shard).caughtUp();
      await source.clock.advance(1000);
    }
    assert.equal(source.shards.listed, lists);
    await source.stopped();
  }
});
