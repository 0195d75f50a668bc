import assert from "node:assert/strict";
import { LOGSTORE, outcome, Scene, SHARD } from "./sls_client.ts";

Deno.test("ListShards answers an array with keys, status and time", async () => {
  await using scene = new Scene({ shards: 2 });
  const createTime = scene.clock.nowMs() / 1000;
  assert.deepEqual((await scene.send("GET /logstores/l/shards")).json, [
    {
      shardID: 0,
      status: "readwrite",
      inclusiveBeginKey: "00000000000000000000000000000000",
      exclusiveEndKey: "80000000000000000000000000000000",
      createTime,
    },
    {
      shardID: 1,
      status: "readwrite",
      inclusiveBeginKey: "80000000000000000000000000000000",
      exclusiveEndKey: "ffffffffffffffffffffffffffffffff",
      createTime,
    },
  ]);
});

Deno.test("SplitShard and MergeShard answer the three shards involved", async () => {
  await using scene = new Scene();
  const brief = (json: unknown) =>
    (json as { shardID: number; status: string; inclusiveBeginKey: string }[])
      .map(({ shardID, status, inclusiveBeginKey: key }) => `${shardID} ${status} ${key[0]}`);
  const split = await scene.send(`POST /logstores/l/shards/0?action=split&key=4${"0".repeat(31)}`);
  assert.deepEqual(brief(split.json), ["0 readonly 0", "1 readwrite 0", "2 readwrite 4"]);
  const merged = await scene.send("POST /logstores/l/shards/1?action=merge");
  assert.deepEqual(brief(merged.json), ["3 readwrite 0", "1 readonly 0", "2 readonly 4"]);
  const even = await scene.send("POST /logstores/l/shards/3?action=split&shardCount=2");
  assert.deepEqual(brief(even.json), ["3 readonly 0", "4 readwrite 0", "5 readwrite 8"]);
});

Deno.test("Read-only shards stay readable and answer empty pages at their end", async () => {
  await using scene = new Scene();
  scene.append("a");
  await scene.send("POST /logstores/l/shards/0?action=split");
  const { headers } = await scene.pull(scene.cursor(0));
  assert.equal(headers.get("x-log-count"), "1");
  const end = await scene.pull(scene.cursor(1));
  assert.deepEqual([end.status, end.headers.get("x-log-cursor")], [200, scene.cursor(1)]);
  const cursor = scene.cursor(1);
  scene.sls.data.expireBefore(SHARD, cursor);
  assert.equal(outcome(await scene.pull(cursor)), "400 ShardNotExist");
  assert.deepEqual(scene.sls.data.shards(LOGSTORE).map(({ shard }) => shard), [1, 2]);
});

Deno.test("GetCursor finds begin, end and times of receipt", async () => {
  await using scene = new Scene();
  const startSec = scene.clock.nowMs() / 1000;
  for (const id of ["a", "b", "c"]) {
    scene.append(id);
    await scene.clock.advance(10_000);
  }
  scene.sls.data.expireBefore(SHARD, 1);
  for (
    const [from, position] of [
      ["begin", 1],
      ["end", 3],
      [String(startSec - 99), 1],
      [String(startSec + 10), 1],
      [String(startSec + 11), 2],
      [String(startSec + 20), 2],
      [String(startSec + 21), 3],
      [String(startSec + 9999), 3],
    ] as const
  ) {
    const { json } = await scene.send(`GET /logstores/l/shards/0?type=cursor&from=${from}`);
    assert.deepEqual(json, { cursor: scene.cursor(position) }, from);
  }
});

Deno.test("GetCursorTime answers the time of receipt, and the current time at the end", async () => {
  await using scene = new Scene();
  const startSec = scene.clock.nowMs() / 1000;
  scene.append("a");
  await scene.clock.advance(10_000);
  const timeOf = async (position: number) => {
    const cursor = encodeURIComponent(scene.cursor(position));
    return await scene.send(`GET /logstores/l/shards/0?type=cursor_time&cursor=${cursor}`);
  };
  assert.deepEqual((await timeOf(0)).json, { cursor_time: startSec });
  assert.deepEqual((await timeOf(1)).json, { cursor_time: startSec + 10 });
  assert.equal(outcome(await timeOf(2)), "400 InvalidCursor");
  assert.equal(outcome(await timeOf(-1)), "400 InvalidCursor");
});

for (
  const { line, expected } of [
    { line: "GET /logstores/other/shards", expected: "404 LogStoreNotExist" },
    { line: "GET /logstores/l/shards/9?type=cursor&from=end", expected: "400 ShardNotExist" },
    { line: "GET /logstores/l/shards/x?type=cursor&from=end", expected: "400 ParameterInvalid" },
    { line: "GET /logstores/l/shards/0?type=cursor", expected: "400 MissingParameter" },
    { line: "GET /logstores/l/shards/0?type=cursor&from=now", expected: "400 ParameterInvalid" },
    { line: "GET /logstores/l/shards/0?type=cursor_time&cursor=x", expected: "400 InvalidCursor" },
    { line: "POST /logstores/l/shards/0?action=split&key=zz", expected: "400 ParameterInvalid" },
    {
      line: "POST /logstores/l/shards/0?action=split&shardCount=3",
      expected: "400 ParameterInvalid",
    },
    { line: "POST /logstores/l/shards/0?action=merge", expected: "400 ParameterInvalid" },
  ]
) {
  Deno.test(`SLS answers ${line} with ${expected}`, async () => {
    await using scene = new Scene();
    assert.equal(outcome(await scene.send(line)), expected);
  });
}
