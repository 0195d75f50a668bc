import assert from "node:assert/strict";
import { describeEvent } from "../../src/observe/describe_event.ts";

const source = "p/l";

for (
  const [shards, text] of [
    [[3], "shard 3"],
    [[0, 1, 2, 3], "shards 0-3"],
    [[9, 0, 10, 1, 4], "shards 0-1, 4, 9-10"],
  ] as const
) {
  Deno.test(`Granted shards ${shards} are named as ${text}, in one line`, () => {
    const { level, message } = describeEvent({ type: "shards_granted", source, shards });
    assert.deepEqual([level, message], ["info", `p/l: reads ${text}`]);
  });
}

Deno.test("Lost shards are named with the reason, and one by one at debug level", () => {
  const lost = describeEvent({ type: "leases_lost", source, shards: [0, 1], reason: "why" });
  assert.deepEqual(lost, { level: "warning", message: "p/l: shards lost: why (0-1)" });
  const one = describeEvent({ type: "shard_ended", source, shard: 0, how: "lost" });
  assert.equal(one.level, "debug");
});

Deno.test("A shard that begins where the configuration says has a line, one that resumes has none", () => {
  const start = { type: "shard_started", source, shard: 0, cursor: "MTAw" } as const;
  assert.equal(describeEvent({ ...start, from: "begin" }).level, "info");
  assert.equal(describeEvent({ ...start, from: "checkpoint" }).level, "debug");
});
