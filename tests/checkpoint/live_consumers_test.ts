import assert from "node:assert/strict";
import { liveConsumers } from "../../src/checkpoint/live_consumers.ts";
import type { StoredCheckpoint } from "../../src/sls/consumer_group.ts";

const NOW_MS = Date.UTC(2026, 9, 6);
const row = (shard: number, consumer: string | undefined, agoSec?: number): StoredCheckpoint => ({
  shard,
  cursor: "MQ==",
  consumer,
  updatedMs: agoSec === undefined ? 0 : NOW_MS - agoSec * 1000,
});

const cases: [sentence: string, rows: StoredCheckpoint[], expected: string[]][] = [
  ["no consumer is named", [row(0, ""), row(1, "")], []],
  ["no consumer is named, though a checkpoint was just written: by force", [row(0, "", 1)], []],
  [
    "owners are named with their shards",
    [row(0, "a"), row(1, "b", 9000), row(2, "a")],
    ["a owns shards 0, 2", "b owns shard 1"],
  ],
  ["a server names no consumer, and nothing was ever written", [row(0, undefined)], []],
  [
    "a server names no consumer, and the last write is older than the timeout",
    [row(0, undefined, 61)],
    [],
  ],
  [
    "a server names no consumer, and a checkpoint was written within the timeout",
    [row(0, undefined, 59), row(1, undefined, 100)],
    ["the checkpoint of shard 0 was written 59 s ago"],
  ],
  [
    "a server's clock is a little ahead",
    [row(0, undefined, -5)],
    ["the checkpoint of shard 0 was written -5 s ago"],
  ],
];
for (const [sentence, rows, expected] of cases) {
  Deno.test(`liveConsumers(): ${sentence}`, () => {
    assert.deepEqual(liveConsumers({ timeoutSec: 60, shards: [], rows }, NOW_MS), expected);
  });
}
