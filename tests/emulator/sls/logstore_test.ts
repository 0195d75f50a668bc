import assert from "node:assert/strict";
import { Logstore } from "../../../src/emulator/core/sls/logstore.ts";
import { SlsError } from "../../../src/emulator/core/sls/sls_error.ts";
import { expire } from "../../../src/emulator/sls/retention.ts";
import { merge, split } from "../../../src/emulator/sls/split_merge.ts";

const DAY_SEC = 86_400;
const NOW_SEC = 100 * DAY_SEC;

function logstore(shardCount: number): Logstore {
  let shards = 0n;
  return new Logstore({
    name: "l",
    shardCount,
    ttlDays: 3,
    nowSec: NOW_SEC,
    startCursor: () => shards++ * 1000n,
  });
}

const ranges = (store: Logstore) =>
  [...store.shards.values()].map(({ id, status, range }) =>
    `${id} ${status} ${range.begin.slice(0, 4)}-${range.end.slice(0, 4)}`
  );

Deno.test("Logstore divides the keys evenly, the last shard ending in f", () => {
  assert.deepEqual(ranges(logstore(3)), [
    "0 readwrite 0000-5555",
    "1 readwrite 5555-aaaa",
    "2 readwrite aaaa-ffff",
  ]);
  assert.equal(logstore(1).shard(0).range.end, "f".repeat(32));
});

Deno.test("Logstore splits at a key, in the middle without one, and merges with the right", () => {
  const store = logstore(1);
  assert.deepEqual(split(store, 0, "40".padEnd(32, "0"), NOW_SEC).map(({ id }) => id), [0, 1, 2]);
  assert.deepEqual(split(store, 2, undefined, NOW_SEC).map(({ id }) => id), [2, 3, 4]);
  assert.deepEqual(merge(store, 1, NOW_SEC).map(({ id }) => id), [5, 1, 3]);
  assert.deepEqual(ranges(store), [
    "0 readonly 0000-ffff",
    "1 readonly 0000-4000",
    "2 readonly 4000-ffff",
    "3 readonly 4000-a000",
    "4 readwrite a000-ffff",
    "5 readwrite 0000-a000",
  ]);
  assert.deepEqual(new Set(store.shard(5).ancestors), new Set([0, 1, 2, 3]));
});

for (
  const { name, change, code } of [
    {
      name: "to split at its begin",
      change: (s: Logstore) => split(s, 0, "0".repeat(32), 0),
      code: "ParameterInvalid",
    },
    {
      name: "to split at its end",
      change: (s: Logstore) => split(s, 0, "8".padEnd(32, "0"), 0),
      code: "ParameterInvalid",
    },
    {
      name: "to split at a short key",
      change: (s: Logstore) => split(s, 0, "40", 0),
      code: "ParameterInvalid",
    },
    {
      name: "to merge the last shard",
      change: (s: Logstore) => merge(s, 1, 0),
      code: "ParameterInvalid",
    },
    {
      name: "to split a shard twice",
      change: (s: Logstore) => [split(s, 0, undefined, 0), split(s, 0, undefined, 0)],
      code: "ParameterInvalid",
    },
    {
      name: "to split what is not there",
      change: (s: Logstore) => split(s, 9, undefined, 0),
      code: "ShardNotExist",
    },
  ]
) {
  Deno.test(`Logstore refuses ${name}`, () => {
    assert.throws(() => change(logstore(2)), (error) => {
      assert.ok(error instanceof SlsError);
      assert.deepEqual([error.status, error.code], [400, code]);
      return true;
    });
  });
}

Deno.test("Logstore finds the writable shard of every key", () => {
  const store = logstore(2);
  split(store, 0, undefined, NOW_SEC);
  const found = ["0".repeat(32), "3f".padEnd(32, "f"), "4".padEnd(32, "0"), "f".repeat(32)]
    .map((key) => store.shardOfKey(key).id);
  assert.deepEqual(found, [2, 2, 3, 1]);
});

Deno.test("Logstore gives writes to its writable shards in turn", () => {
  const store = logstore(3);
  merge(store, 0, NOW_SEC);
  assert.deepEqual([1, 2, 3, 4].map(() => store.nextShard().id), [2, 3, 2, 3]);
});

Deno.test("Logstore drops what is older than its retention, and read-only shards with it", () => {
  const store = logstore(1);
  const shard = store.shard(0);
  for (const age of [5, 4, 2, 1]) {
    shard.log.append(Uint8Array.of(age), NOW_SEC - age * DAY_SEC);
  }
  expire(store, NOW_SEC);
  assert.deepEqual([shard.log.begin, shard.log.end], [2, 4]);
  split(store, 0, undefined, NOW_SEC);
  expire(store, NOW_SEC + 3 * DAY_SEC);
  assert.deepEqual([...store.shards.keys()], [0, 1, 2], "its last data may have come just now");
  expire(store, NOW_SEC + 3 * DAY_SEC + 1);
  assert.deepEqual([...store.shards.keys()], [1, 2]);
});

Deno.test("Logstore gives groups the end of read-only shards only", () => {
  const store = logstore(1);
  store.shard(0).log.append(Uint8Array.of(1), NOW_SEC);
  split(store, 0, undefined, NOW_SEC);
  assert.deepEqual(store.shardFacts(), [
    { id: 0, ancestors: [], endCursor: btoa("1") },
    { id: 1, ancestors: [0], endCursor: undefined },
    { id: 2, ancestors: [0], endCursor: undefined },
  ]);
});
