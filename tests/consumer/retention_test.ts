import assert from "node:assert/strict";
import { SlsError } from "../../src/sls/sls_error.ts";
import { ShardHarness } from "./shard_harness.ts";
import { SourceHarness } from "./source_harness.ts";

const DAY_SEC = 86_400;

/** A shard in which there is more, whose oldest undelivered log is this many hours old. */
async function laggingShard(hours: number, retentionDays?: number): Promise<ShardHarness> {
  const shard = new ShardHarness();
  shard.retentionSec = retentionDays === undefined ? undefined : retentionDays * DAY_SEC;
  shard.shards.timeSec = shard.clock.nowMs() / 1000 - hours * 3600;
  await shard.start();
  shard.run.deliver("c1");
  return shard;
}

async function release(shard: ShardHarness): Promise<void> {
  shard.lease.revoke("rebalanced");
  assert.equal(await shard.ended(), "released");
}

Deno.test("ShardTask warns soon after the start when its lag is near the retention, then once an hour", async () => {
  const shard = await laggingShard(23, 1);
  await shard.clock.advance(10_000);
  assert.deepEqual(shard.recorder.of("retention_near"), [{
    type: "retention_near",
    source: "p/l",
    shard: 1,
    lagSec: 23 * 3600 + 10,
    retentionSec: DAY_SEC,
  }]);
  assert.equal(shard.shards.times[0], "c1"); // what is delivered counts, not what is stored
  await shard.clock.advance(3_500_000);
  assert.equal(shard.recorder.of("retention_near").length, 1);
  await shard.clock.advance(200_000);
  assert.equal(shard.recorder.of("retention_near").length, 2);
  await release(shard);
});

for (
  const [what, hours, days] of [
    ["at less than four fifths of the retention", 19, 1],
    ["when logs are kept forever", 1000, Infinity],
    ["when it is not known for how long logs are kept", 1000, undefined],
  ] as const
) {
  Deno.test(`ShardTask does not warn of its lag ${what}`, async () => {
    const shard = await laggingShard(hours, days);
    await shard.clock.advance(120_000);
    assert.deepEqual(shard.recorder.of("retention_near"), []);
    await release(shard);
  });
}

Deno.test("ShardTask that has caught up has no lag, however old its last log is", async () => {
  const shard = await laggingShard(23, 1);
  shard.run.caughtUp();
  await shard.clock.advance(120_000);
  assert.deepEqual(shard.shards.times, []);
  await release(shard);
});

Deno.test("ShardTask warns of logs that it has pulled and cannot deliver", async () => {
  const shard = await laggingShard(23, 1);
  shard.run.pull("c2");
  shard.run.caughtUp();
  await shard.clock.advance(10_000);
  assert.equal(shard.recorder.of("retention_near").length, 1);
  shard.lease.lose("no heartbeat");
  assert.equal(await shard.ended(), "lost");
});

Deno.test("ShardTask that caught up in between warns again when it falls back again", async () => {
  const shard = await laggingShard(23, 1);
  await shard.clock.advance(10_000);
  shard.run.caughtUp();
  await shard.clock.advance(60_000);
  shard.run.deliver("c2");
  await shard.clock.advance(60_000);
  assert.equal(shard.recorder.of("retention_near").length, 2);
  await release(shard);
});

Deno.test("ShardTask whose lag cannot be read reports it and looks again", async () => {
  const shard = await laggingShard(23, 1);
  shard.shards.fault = (call) => call === "cursorTimeSec" ? new Error("502") : undefined;
  await shard.clock.advance(10_000);
  assert.deepEqual(shard.recorder.of("trouble").map(({ about, message }) => [about, message]), [
    ["p/l shard 1: look how far behind it is", "502"],
  ]);
  shard.shards.fault = () => undefined;
  await shard.clock.advance(60_000);
  assert.equal(shard.recorder.of("recovered").length, 1);
  assert.equal(shard.recorder.of("retention_near").length, 1);
  await release(shard);
});

Deno.test("SourceConsumer does not report a retention that is unknown during an outage, and asks again soon", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  let away = true;
  source.retentionSec = () =>
    away ? Promise.reject(new SlsError("network", "Connection refused")) : Promise.resolve(DAY_SEC);
  source.shards.timeSec = source.clock.nowMs() / 1000 - 23 * 3600;
  await source.start();
  source.dataPlane.of(0).deliver("c1");
  await source.clock.advance(50_000);
  away = false;
  await source.clock.advance(100_000);
  assert.deepEqual(source.recorder.of("retention_unknown"), []);
  assert.equal(source.recorder.of("retention_near").length, 1);
  await source.stopped();
});

Deno.test("SourceConsumer asks once for all shards how long logs are kept, and says once that it may not", async () => {
  const source = new SourceHarness();
  source.group.granted = [0, 1, 2];
  let asked = 0;
  let denied = true;
  source.retentionSec = () => {
    asked++;
    return denied ? Promise.reject(new Error("Unauthorized")) : Promise.resolve(DAY_SEC);
  };
  source.shards.timeSec = source.clock.nowMs() / 1000 - 23 * 3600;
  await source.start();
  for (const shard of [0, 1, 2]) source.dataPlane.of(shard).deliver("c1");
  await source.clock.advance(1_500_000);
  assert.equal(asked, 3); // every ten minutes: the permission may be given while the program runs
  assert.equal(source.recorder.of("retention_unknown").length, 1);
  assert.deepEqual(source.recorder.of("retention_near"), []);
  denied = false;
  await source.clock.advance(600_000);
  assert.equal(source.recorder.of("retention_near").length, 3);
  await source.stopped();
});
