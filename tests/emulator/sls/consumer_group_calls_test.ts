import assert from "node:assert/strict";
import type { CheckpointEvent, HeartbeatEvent } from "../../../src/emulator/core/sls/events.ts";
import { LOGSTORE, outcome, Scene, SHARD } from "./sls_client.ts";

const GROUPS = "/logstores/l/consumergroups";
const create = (scene: Scene, consumerGroup = "g", rest: object = { timeout: 60, order: false }) =>
  scene.send(`POST ${GROUPS}`, { body: JSON.stringify({ consumerGroup, ...rest }) });
const beat = (scene: Scene, consumer: string, shards: unknown) =>
  scene.send(`POST ${GROUPS}/g?type=heartbeat&consumer=${consumer}`, {
    body: JSON.stringify(shards),
  });
const commit = (scene: Scene, query: string, body: object) =>
  scene.send(`POST ${GROUPS}/g?type=checkpoint&${query}`, { body: JSON.stringify(body) });

Deno.test("A consumer group is created, listed, changed and deleted", async () => {
  await using scene = new Scene();
  assert.deepEqual((await scene.send(`GET ${GROUPS}`)).json, []);
  const created = await create(scene, "g", { timeout: 60 });
  assert.deepEqual([created.status, created.body.length], [200, 0]);
  assert.equal(outcome(await create(scene)), "400 ConsumerGroupAlreadyExist");
  assert.deepEqual((await scene.send(`GET ${GROUPS}`)).json, [
    { name: "g", timeout: 60, order: false },
  ]);
  const changed = await scene.send(`PUT ${GROUPS}/g`, { body: '{"order":true}' });
  assert.deepEqual([changed.status, changed.body.length], [200, 0]);
  await scene.send(`PUT ${GROUPS}/g`, { body: '{"timeout":90}' });
  assert.deepEqual((await scene.send(`GET ${GROUPS}`)).json, [
    { name: "g", timeout: 90, order: true },
  ]);
  const deleted = await scene.send(`DELETE ${GROUPS}/g`);
  assert.deepEqual([deleted.status, deleted.body.length], [200, 0]);
  assert.deepEqual((await scene.send(`GET ${GROUPS}`)).json, []);
});

Deno.test("A logstore takes 30 consumer groups", async () => {
  await using scene = new Scene();
  for (let i = 0; i < 30; i++) assert.equal(outcome(await create(scene, `group-${i}`)), "200");
  assert.equal(outcome(await create(scene, "one-more")), "400 ConsumerGroupQuotaExceed");
  await scene.send(`DELETE ${GROUPS}/group-7`);
  assert.equal(outcome(await create(scene, "one-more")), "200");
});

Deno.test("HeartBeat answers plain arrays and calls its listeners", async () => {
  await using scene = new Scene({ shards: 2 });
  const events: HeartbeatEvent[] = [];
  const off = scene.sls.onHeartbeat((event) => events.push(event));
  await create(scene);
  assert.deepEqual((await beat(scene, "c:1", [])).json, [0, 1]);
  off();
  assert.deepEqual((await beat(scene, "c:1", [0, 1])).json, [0, 1]);
  assert.deepEqual(events, [
    { ...LOGSTORE, group: "g", consumer: "c:1", reported: [], answered: [0, 1] },
  ]);
  assert.equal(outcome(await beat(scene, "d", [0])), "400 NotExistConsumerWithBody");
});

Deno.test("HeartBeat does not know a removed consumer", async () => {
  await using scene = new Scene();
  await create(scene);
  await beat(scene, "a", []);
  scene.sls.data.forgetConsumer(LOGSTORE, "g", "a");
  assert.equal(outcome(await beat(scene, "a", [0])), "400 NotExistConsumerWithBody");
  assert.deepEqual((await beat(scene, "a", [])).json, [0]);
  scene.sls.data.deleteConsumerGroup(LOGSTORE, "g");
  assert.equal(outcome(await beat(scene, "a", [0])), "404 ConsumerGroupNotExist");
});

Deno.test("GetCheckPoint lists every shard, committed or not, owned or not", async () => {
  await using scene = new Scene({ shards: 2 });
  await create(scene);
  const checkpoint = scene.cursor(0);
  await commit(scene, "consumer=&forceSuccess=true", { shard: 0, checkpoint });
  const updateTime = scene.clock.nowMs() * 1000;
  assert.deepEqual((await scene.send(`GET ${GROUPS}/g`)).json, [
    { shard: 0, checkpoint, updateTime, consumer: "" },
    { shard: 1, checkpoint: "", updateTime: 0, consumer: "" },
  ]);
  await beat(scene, "a", []);
  assert.deepEqual((await scene.send(`GET ${GROUPS}/g?shard=1`)).json, [
    { shard: 1, checkpoint: "", updateTime: 0, consumer: "a" },
  ]);
  assert.deepEqual((await scene.send(`GET ${GROUPS}/g?shard=7`)).json, []);
});

Deno.test("UpdateCheckPoint gives its listeners the position of the cursor", async () => {
  await using scene = new Scene();
  const events: CheckpointEvent[] = [];
  scene.sls.onCheckpoint((event) => events.push(event));
  await create(scene);
  await beat(scene, "a", []);
  scene.append("x", "y", "z");
  const cursors = [scene.cursor(1), scene.cursor(3), btoa("no number")];
  for (const checkpoint of cursors) {
    const answer = await commit(scene, "consumer=a&forceSuccess=false", { shard: 0, checkpoint });
    assert.deepEqual([answer.status, answer.body.length], [200, 0]);
  }
  assert.deepEqual(
    events.map(({ cursor, previousCursor, position, previousPosition }) => [
      cursor,
      previousCursor,
      position,
      previousPosition,
    ]),
    [
      [cursors[0], "", 1, undefined],
      [cursors[1], cursors[0], 3, 1],
      [cursors[2], cursors[1], undefined, 3],
    ],
  );
  assert.deepEqual({ ...SHARD, group: "g", consumer: "a" }, {
    project: events[0]?.project,
    logstore: events[0]?.logstore,
    shard: events[0]?.shard,
    group: events[0]?.group,
    consumer: events[0]?.consumer,
  });
});

for (
  const { query, expected } of [
    { query: "consumer=a&forceSuccess=false", expected: "200" },
    { query: "consumer=a", expected: "200" },
    { query: "consumer=b&forceSuccess=false", expected: "400 ConsumerNotMatch" },
    { query: "consumer=b", expected: "400 ConsumerNotMatch" },
    { query: "consumer=b&forceSuccess=True", expected: "200" },
    { query: "consumer=c&forceSuccess=false", expected: "404 ConsumerNotExist" },
    { query: "forceSuccess=true", expected: "200" },
    { query: "forceSuccess=false", expected: "400 ParameterInvalid" },
  ]
) {
  Deno.test(`UpdateCheckPoint answers ${expected} to ${query} on a shard of a`, async () => {
    await using scene = new Scene();
    await create(scene);
    await beat(scene, "a", []);
    await beat(scene, "b", []);
    const body = { shard: 0, checkpoint: scene.cursor(0) };
    assert.equal(outcome(await commit(scene, query, body)), expected);
  });
}

for (
  const { name, line, body, headers = {}, expected } of [
    {
      name: "a group without a timeout",
      line: `POST ${GROUPS}`,
      body: '{"consumerGroup":"h"}',
      expected: "400 JsonInfoInvalid",
    },
    {
      name: "a timeout of 0",
      line: `POST ${GROUPS}`,
      body: '{"consumerGroup":"h","timeout":0}',
      expected: "400 JsonInfoInvalid",
    },
    {
      name: "a timeout as text",
      line: `POST ${GROUPS}`,
      body: '{"consumerGroup":"h","timeout":"60"}',
      expected: "400 JsonInfoInvalid",
    },
    {
      name: "an order as text",
      line: `POST ${GROUPS}`,
      body: '{"consumerGroup":"h","timeout":60,"order":"no"}',
      expected: "400 JsonInfoInvalid",
    },
    {
      name: "a name with a space",
      line: `POST ${GROUPS}`,
      body: '{"consumerGroup":"a b","timeout":60}',
      expected: "400 JsonInfoInvalid",
    },
    {
      name: "what is not JSON",
      line: `POST ${GROUPS}`,
      body: "{",
      expected: "400 PostBodyInvalid",
    },
    {
      name: "an array for an object",
      line: `POST ${GROUPS}`,
      body: "[]",
      expected: "400 PostBodyInvalid",
    },
    {
      name: "JSON of another type",
      line: `POST ${GROUPS}`,
      body: "{}",
      headers: { "content-type": "text/plain" },
      expected: "415 InvalidContentType",
    },
    {
      name: "a change of nothing",
      line: `PUT ${GROUPS}/g`,
      body: "{}",
      expected: "400 JsonInfoInvalid",
    },
    {
      name: "a change of no group",
      line: `PUT ${GROUPS}/h`,
      body: '{"timeout":60}',
      expected: "404 ConsumerGroupNotExist",
    },
    {
      name: "to delete no group",
      line: `DELETE ${GROUPS}/h`,
      expected: "404 ConsumerGroupNotExist",
    },
    {
      name: "checkpoints of no group",
      line: `GET ${GROUPS}/h`,
      expected: "404 ConsumerGroupNotExist",
    },
    {
      name: "checkpoints of a shard that is not a number",
      line: `GET ${GROUPS}/g?shard=x`,
      expected: "400 ParameterInvalid",
    },
    {
      name: "a heartbeat without a consumer",
      line: `POST ${GROUPS}/g?type=heartbeat`,
      body: "[]",
      expected: "400 MissingParameter",
    },
    {
      name: "a heartbeat that is an object",
      line: `POST ${GROUPS}/g?type=heartbeat&consumer=a`,
      body: '{"shards":[0]}',
      expected: "400 JsonInfoInvalid",
    },
    {
      name: "a heartbeat of text",
      line: `POST ${GROUPS}/g?type=heartbeat&consumer=a`,
      body: '["0"]',
      expected: "400 JsonInfoInvalid",
    },
    {
      name: "a heartbeat without a body",
      line: `POST ${GROUPS}/g?type=heartbeat&consumer=a`,
      expected: "400 PostBodyInvalid",
    },
    {
      name: "a heartbeat in no group",
      line: `POST ${GROUPS}/h?type=heartbeat&consumer=a`,
      body: "[]",
      expected: "404 ConsumerGroupNotExist",
    },
    {
      name: "a checkpoint without a shard",
      line: `POST ${GROUPS}/g?type=checkpoint&forceSuccess=true`,
      body: '{"checkpoint":""}',
      expected: "400 JsonInfoInvalid",
    },
    {
      name: "a checkpoint of no shard",
      line: `POST ${GROUPS}/g?type=checkpoint&forceSuccess=true`,
      body: '{"shard":9,"checkpoint":""}',
      expected: "404 ShardNotExist",
    },
    {
      name: "a checkpoint that is no base64",
      line: `POST ${GROUPS}/g?type=checkpoint&forceSuccess=true`,
      body: '{"shard":0,"checkpoint":"%"}',
      expected: "400 InvalidShardCheckPoint",
    },
    {
      name: "groups of no logstore",
      line: "GET /logstores/other/consumergroups",
      expected: "404 LogStoreNotExist",
    },
    { name: "an empty group name", line: `GET ${GROUPS}/`, expected: "405 InvalidMethod" },
  ] as {
    name: string;
    line: string;
    body?: string;
    headers?: Record<string, string>;
    expected: string;
  }[]
) {
  Deno.test(`SLS refuses ${name} with ${expected}`, async () => {
    await using scene = new Scene();
    await create(scene);
    const answer = await scene.send(line, { ...(body !== undefined ? { body } : {}), headers });
    assert.equal(outcome(answer), expected);
  });
}
