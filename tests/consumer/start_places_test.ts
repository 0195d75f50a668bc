import assert from "node:assert/strict";
import { SourceHarness } from "./source_harness.ts";

Deno.test("SourceConsumer with start end reads a shard that came by a split from its beginning", async () => {
  const source = new SourceHarness();
  source.group.granted = [0, 1];
  await source.start({ start: "end" }); // there are the shards 0 to 3
  source.group.granted = [1, 4];
  await source.clock.advance(20_000);
  assert.deepEqual(
    source.dataPlane.runs.map(({ job }) => [job.shard, job.cursor]),
    [[0, "end-cursor"], [1, "end-cursor"], [4, "begin-cursor"]],
  );
  await source.stopped();
});

Deno.test("SourceConsumer with start end takes no shard before it knows which there are", async () => {
  const source = new SourceHarness();
  source.group.granted = [0];
  source.shards.fault = (call) => call === "list" ? new Error("502") : undefined;
  await source.start({ start: "end" });
  await source.clock.advance(60_000);
  assert.deepEqual(source.group.beats, []);
  source.shards.fault = () => undefined;
  await source.clock.advance(60_000);
  assert.deepEqual(source.dataPlane.runs.map(({ job }) => job.cursor), ["end-cursor"]);
  await source.stopped();
});

Deno.test("SourceConsumer with start end lists the shards while it joins the group", async () => {
  const source = new SourceHarness();
  source.group.fault = (call) => call === "list" ? "hang" : undefined;
  await source.start({ start: "end" });
  assert.equal(source.shards.listed, 1);
  await source.stopped();
});

for (const start of ["begin", { unixSec: 1 }] as const) {
  Deno.test(`SourceConsumer with start ${JSON.stringify(start)} need not know which shards there are`, async () => {
    const source = new SourceHarness();
    await source.start({ start });
    assert.equal(source.shards.listed, 0);
    await source.stopped();
  });
}
