import assert from "node:assert/strict";
import { encodeLogGroup } from "../../../src/emulator/core/sls/encode_log_group.ts";
import { KEY, LOGSTORE, outcome, Scene, SHARD } from "./sls_client.ts";

Deno.test("Every answer has the headers for server, time and request id", async () => {
  await using scene = new Scene();
  const ids = new Set<string>();
  for (const line of ["GET /logstores", "GET /nowhere", "GET /logstores/other"]) {
    const { headers } = await scene.send(line);
    assert.equal(headers.get("server"), "AliyunSLS");
    assert.equal(headers.get("access-control-allow-origin"), "*");
    assert.equal(headers.get("date"), new Date(scene.clock.nowMs()).toUTCString());
    assert.equal(headers.get("x-log-time"), String(scene.clock.nowMs() / 1000));
    assert.match(headers.get("x-log-requestid") ?? "", /^[0-9A-F]{24}$/);
    ids.add(headers.get("x-log-requestid")!);
  }
  assert.equal(ids.size, 3);
});

Deno.test("An error is JSON with a code and a message", async () => {
  await using scene = new Scene();
  const { status, headers, json } = await scene.send("GET /logstores/other");
  assert.deepEqual([status, headers.get("content-type")], [404, "application/json"]);
  assert.deepEqual(json, {
    errorCode: "LogStoreNotExist",
    errorMessage: "logstore other does not exist",
  });
});

for (
  const { name, line = "GET /logstores", headers, expected } of [
    {
      name: "of an unknown project",
      headers: { host: "x.cn-test.log.aliyuncs.com" },
      expected: "404 ProjectNotExist",
    },
    {
      name: "to an address, meaning the only project",
      headers: { host: "127.0.0.1:1" },
      expected: "200",
    },
    {
      name: "for an unknown path",
      line: "GET /nowhere",
      headers: {},
      expected: "405 InvalidMethod",
    },
    {
      name: "with an unknown method",
      line: "PATCH /logstores",
      headers: {},
      expected: "405 InvalidMethod",
    },
    {
      name: "that is late",
      headers: { date: "Tue, 06 Oct 2026 08:14:59 GMT" },
      expected: "400 RequestTimeTooSkewed",
    },
    {
      name: "with a key that may not",
      line: "GET /logstores/l/shards",
      headers: {},
      expected: "401 Unauthorized",
    },
    {
      name: "with another content than it signed",
      line: "GET /logstores",
      headers: { "content-md5": "00" },
      expected: "401 SignatureNotMatch",
    },
  ] as { name: string; line?: string; headers: Record<string, string>; expected: string }[]
) {
  Deno.test(`A request ${name} gets ${expected}`, async () => {
    await using scene = new Scene({
      accessKeys: [{ ...KEY, deniedActions: ["log:ListShards"] }],
    });
    assert.equal(outcome(await scene.send(line, { headers })), expected);
  });
}

Deno.test("A denial names the action and the resource", async () => {
  await using scene = new Scene();
  scene.sls.accessKeys = [{ ...KEY, deniedActions: ["log:*"] }];
  const { json } = await scene.send("GET /logstores/l/consumergroups/g");
  assert.deepEqual(json, {
    errorCode: "Unauthorized",
    errorMessage: "denied by sts or ram, action: log:GetConsumerGroupCheckPoint, " +
      "resource: acs:log:cn-hangzhou:0:project/p/logstore/l/consumergroup/g",
  });
});

Deno.test("Several keys may call, and may be changed while the emulator runs", async () => {
  await using scene = new Scene();
  const other = { id: "other", secret: "x" };
  assert.equal(outcome(await scene.send("GET /logstores", { key: other })), "401 Unauthorized");
  scene.sls.accessKeys = [{ ...KEY, disabled: true }, other];
  assert.equal(outcome(await scene.send("GET /logstores", { key: other })), "200");
  assert.equal(outcome(await scene.send("GET /logstores")), "401 Unauthorized");
});

Deno.test("Projects and logstores are created and described over HTTP", async () => {
  await using scene = new Scene({ region: "cn-test" });
  const created = await scene.send("POST /", { body: '{"projectName":"new-one"}' });
  assert.equal(outcome(created), "200");
  const headers = { host: "new-one.cn-test.log.aliyuncs.com" };
  const body = '{"logstoreName":"store","ttl":7,"shardCount":3,"enable_tracking":false}';
  assert.equal(outcome(await scene.send("POST /logstores", { headers, body })), "200");
  assert.equal(
    outcome(await scene.send("POST /logstores", { headers, body })),
    "400 LogStoreAlreadyExist",
  );
  const wrong = { headers, body: '{"logstoreName":"Not Good","shardCount":1}' };
  assert.equal(outcome(await scene.send("POST /logstores", wrong)), "400 LogStoreInfoInvalid");
  assert.deepEqual((await scene.send("GET /logstores?offset=0&size=9", { headers })).json, {
    count: 1,
    total: 1,
    logstores: ["store"],
  });
  const described = (await scene.send("GET /logstores/store", { headers })).json;
  assert.deepEqual(
    Object.entries(described as object).filter(([name]) => !name.endsWith("Time")),
    Object.entries({
      logstoreName: "store",
      ttl: 7,
      shardCount: 3,
      enable_tracking: false,
      autoSplit: false,
      maxSplitShard: 0,
      appendMeta: false,
      telemetryType: "None",
      mode: "standard",
    }),
  );
  await scene.send("PUT /logstores/store", { headers, body: '{"ttl":9}' });
  const changed = (await scene.send("GET /logstores/store", { headers })).json;
  assert.equal((changed as { ttl: number }).ttl, 9);
  const project = (await scene.send("GET /", { headers })).json as Record<string, string>;
  assert.deepEqual([project.projectName, project.status, project.region], [
    "new-one",
    "Normal",
    "cn-test",
  ]);
  const listed = await scene.send("GET /?offset=0&size=100", { headers: { host: "127.0.0.1" } });
  assert.equal((listed.json as { total: number }).total, 2);
  assert.equal(outcome(await scene.send("DELETE /logstores/store", { headers })), "200");
  assert.equal(
    outcome(await scene.send("GET /logstores/store", { headers })),
    "404 LogStoreNotExist",
  );
});

Deno.test("onPull() calls a listener for every page until it is removed", async () => {
  await using scene = new Scene();
  scene.append("a", "b");
  const events: unknown[] = [];
  const off = scene.sls.onPull((event) => events.push(event));
  const { body } = await scene.pull(scene.cursor(0));
  off();
  await scene.pull(scene.cursor(0));
  assert.deepEqual(events, [{
    ...SHARD,
    cursor: scene.cursor(0),
    nextCursor: scene.cursor(2),
    groups: 2,
    rawBytes: body.length,
  }]);
});

Deno.test("A listener that throws fails its call and the end of the emulator", async () => {
  const scene = new Scene();
  scene.sls.onPull(() => {
    throw new Error("the oracle objects");
  });
  assert.equal((await scene.pull(scene.cursor(0))).status, 500);
  await assert.rejects(scene[Symbol.asyncDispose](), /the oracle objects/);
});

Deno.test("data lists the groups before a cursor", async () => {
  await using scene = new Scene();
  const groups = ["a", "b", "c"].map((id) =>
    encodeLogGroup({ logs: [{ timeSec: 1, contents: [["id", id]] }] })
  );
  for (const group of groups) scene.sls.data.append(SHARD, group);
  const { data } = scene.sls;
  assert.deepEqual(data.groupsBefore(SHARD, scene.cursor(2)), groups.slice(0, 2));
  assert.deepEqual(data.groupsBetween(SHARD, 1, 99), groups.slice(1));
  assert.equal(data.positionOf(SHARD, scene.cursor(3)), 3);
  assert.deepEqual(data.countLogs(LOGSTORE), { groups: 3, logs: 3 });
  assert.equal(data.bytesKept, groups.reduce((sum, { length }) => sum + length, 0));
});

Deno.test("data.trimConsumed() drops exactly what every group has committed", async () => {
  await using scene = new Scene();
  const { data } = scene.sls;
  scene.append("a", "b", "c");
  data.trimConsumed(LOGSTORE);
  assert.equal(data.shards(LOGSTORE)[0]?.beginPosition, 0, "nothing is consumed yet");
  const commit = (group: string, position: number) =>
    scene.send(`POST /logstores/l/consumergroups/${group}?type=checkpoint&forceSuccess=true`, {
      body: JSON.stringify({ shard: 0, checkpoint: scene.cursor(position) }),
    });
  for (const consumerGroup of ["g", "h"]) {
    const body = JSON.stringify({ consumerGroup, timeout: 60 });
    await scene.send("POST /logstores/l/consumergroups", { body });
  }
  await commit("g", 3);
  data.trimConsumed(LOGSTORE);
  assert.equal(data.shards(LOGSTORE)[0]?.beginPosition, 0, "the other group has not begun");
  await commit("h", 2);
  data.trimConsumed(LOGSTORE);
  assert.equal(data.shards(LOGSTORE)[0]?.beginPosition, 2);
  assert.deepEqual(data.consumerGroups(LOGSTORE), ["g", "h"]);
});
