import assert from "node:assert/strict";
import { ShardHarness } from "./shard_harness.ts";

const died = { kind: "interrupted", message: "it died" } as const;

Deno.test("ShardTask begins again where the unbroken run ends when what did the work has died", async () => {
  const test = new ShardHarness();
  await test.start();
  const first = test.dataPlane.runs[0]!;
  first.deliver("c1");
  const open = first.pull("c2");
  first.deliver("c3"); // done behind a page that is not
  first.end(died);
  await test.clock.advance(1000);
  const second = test.dataPlane.runs[1]!;
  assert.equal(second.job.cursor, "c1");
  await test.clock.advance(6000);
  assert.equal(test.group.written(1).at(-1), "c1");
  assert.equal(open, 1);
  second.deliver("c2");
  second.deliver("c3");
  await test.clock.advance(6000);
  assert.equal(test.group.written(1).at(-1), "c3");
  test.lease.revoke("over");
  await test.clock.advance(1000);
  assert.equal(test.end, "released");
});

Deno.test("ShardTask waits longer each time when nothing gets done between two deaths", async () => {
  const test = new ShardHarness();
  await test.start();
  const startedMs: number[] = [];
  for (let n = 0; n < 5; n++) {
    while (test.dataPlane.runs.length === n) await test.clock.advance(50);
    startedMs.push(test.clock.monotonicMs());
    test.dataPlane.runs[n]!.end(died);
    await test.clock.advance(0);
  }
  const waits = startedMs.slice(1).map((ms, i) => ms - startedMs[i]!);
  for (let i = 1; i < waits.length; i++) assert.ok(waits[i]! > waits[i - 1]!, `${waits}`);
  test.lease.revoke("over");
  await test.clock.advance(1000);
  assert.equal(test.end, "released");
});

Deno.test("ShardTask gives a revoked shard up when what did the work dies over its last pages", async () => {
  const test = new ShardHarness();
  await test.start();
  const run = test.dataPlane.runs[0]!;
  run.deliver("c1");
  run.pull("c2");
  test.lease.revoke("over");
  await test.clock.advance(0);
  run.end(died);
  await test.clock.advance(1000);
  assert.equal(test.end, "abandoned");
  assert.equal(test.group.written(1).at(-1), "c1");
});
