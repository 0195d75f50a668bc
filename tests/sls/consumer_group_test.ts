import assert from "node:assert/strict";
import { ConsumerGroup } from "../../src/sls/consumer_group.ts";
import { Shards } from "../../src/sls/shards.ts";
import { SlsError, type SlsErrorKind } from "../../src/sls/sls_error.ts";
import { html, ok, refusal, type Script, ScriptedSls } from "./scripted_sls.ts";

const GROUP = { name: "g", timeout: 60, order: true };
const CURSOR = "MTc1OTczOTQwMDAwMDAwMDAwMA==";

function setUp(...scripts: Script[]) {
  const sls = new ScriptedSls(scripts);
  return {
    sls,
    group: new ConsumerGroup(sls.requester, "p", "l", "g"),
    shards: new Shards(sls.requester, "p", "l"),
  };
}

function ofKind(kind: SlsErrorKind): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof SlsError, `${error}`);
    assert.equal(error.kind, kind);
    return true;
  };
}

for (const [how, json] of [["bare", [GROUP]], ["wrapped", { count: 1, consumerGroups: [GROUP] }]]) {
  Deno.test(`ConsumerGroup lists groups from a ${how} array`, async () => {
    const { group, sls } = setUp(ok(json));
    assert.deepEqual(await group.list(), [{ name: "g", timeoutSec: 60, inOrder: true }]);
    assert.equal(new URL(sls.last.url).pathname, "/logstores/l/consumergroups");
  });
}

Deno.test("ConsumerGroup takes a group without an order for one without order", async () => {
  const { group } = setUp(ok([{ name: "g", timeout: 60 }]));
  assert.equal((await group.list())[0]?.inOrder, false);
});

Deno.test("ConsumerGroup creates and updates the group, with the keys that are given", async () => {
  const { group, sls } = setUp(ok(), ok());
  await group.create({ timeoutSec: 60, inOrder: false });
  assert.deepEqual([sls.last.method, sls.last.body], [
    "POST",
    `{"consumerGroup":"g","timeout":60,"order":false}`,
  ]);
  await group.update({ inOrder: true });
  assert.deepEqual([sls.last.method, sls.last.body], ["PUT", `{"order":true}`]);
});

Deno.test("ConsumerGroup that finds all 30 taken names them, and says what to delete and where", async () => {
  const others = ok([{ ...GROUP, name: "one" }, { ...GROUP, name: "two" }]);
  const { group } = setUp(refusal(400, "ConsumerGroupQuotaExceed", "too many"), others);
  await assert.rejects(group.create({ timeoutSec: 60, inOrder: false }), (error) => {
    assert.ok(error instanceof SlsError);
    assert.equal(error.kind, "group_quota");
    assert.match(error.message, /It has 2: one, two$/);
    assert.match(error.hint, /Delete .* project p, logstore l/);
    return true;
  });
});

const beats: [sentence: string, script: Script, answer: unknown][] = [
  ["the shards that it may hold", ok([0, 2]), { kind: "granted", shards: [0, 2] }],
  ["that it may hold none", ok([]), { kind: "granted", shards: [] }],
  ["that it is forgotten", refusal(400, "NotExistConsumerWithBody"), { kind: "forgotten" }],
  ["that it does not exist", refusal(404, "ConsumerNotExsit"), { kind: "forgotten" }],
  ["that the group is gone", refusal(404, "ConsumerGroupNotExist"), { kind: "group_missing" }],
];
for (const [sentence, script, answer] of beats) {
  Deno.test(`ConsumerGroup learns by a heartbeat ${sentence}`, async () => {
    const { group, sls } = setUp(script);
    const { message: _, ...reported } = {
      message: "",
      ...await group.heartbeat("host-a:1", [0, 1], 5000),
    };
    assert.deepEqual(reported, answer);
    assert.equal(sls.last.body, "[0,1]");
    assert.deepEqual(sls.query, { type: "heartbeat", consumer: "host-a:1" });
  });
}

const noAnswers: [sentence: string, script: Script, kind: SlsErrorKind][] = [
  ["a gateway's page", html(502), "server"],
  ["a page that comes as success", html(200), "bad_answer"],
  ["an object", ok({ shards: [0] }), "bad_answer"],
  ["shards that are no numbers", ok(["0"]), "bad_answer"],
  ["an empty body", ok(), "bad_answer"],
  ["a failed connection", new TypeError("reset"), "network"],
];
for (const [sentence, script, kind] of noAnswers) {
  Deno.test(`ConsumerGroup never takes ${sentence} for a heartbeat's answer`, async () => {
    await assert.rejects(setUp(script).group.heartbeat("me", [], 5000), ofKind(kind));
  });
}

Deno.test("ConsumerGroup gives a heartbeat no more time than its limit", async () => {
  const { group, sls } = setUp("hang");
  const beating = group.heartbeat("me", [], 5000);
  const rejected = assert.rejects(beating, ofKind("network"));
  await sls.clock.advance(5000);
  await rejected;
});

const stored: [sentence: string, json: unknown, checkpoint: string][] = [
  ["its row", [{ shard: 3, checkpoint: CURSOR, updateTime: 1, consumer: "me" }], CURSOR],
  ["its row among others", [
    { shard: 1, checkpoint: "x" },
    { shard: 3, checkpoint: CURSOR },
  ], CURSOR],
  ["a row without a commit", [{ shard: 3, checkpoint: "", updateTime: 0 }], ""],
  ["no row", [], ""],
  ["rows of other shards only", [{ shard: 1, checkpoint: "x" }], ""],
];
for (const [sentence, json, checkpoint] of stored) {
  Deno.test(`ConsumerGroup reads a shard's checkpoint from ${sentence}`, async () => {
    const { group, sls } = setUp(ok(json));
    assert.equal(await group.checkpoint(3), checkpoint);
    assert.deepEqual(sls.query, { shard: "3" });
  });
}

Deno.test("ConsumerGroup does not take a row that it cannot read for no checkpoint", async () => {
  const { group } = setUp(ok([{ shard: 3, checkpoint: 5 }]));
  await assert.rejects(group.checkpoint(3), ofKind("bad_answer"));
});

Deno.test("ConsumerGroup writes a checkpoint without force", async () => {
  const { group, sls } = setUp(ok());
  assert.deepEqual(await group.writeCheckpoint("me", 3, CURSOR), { kind: "written" });
  assert.deepEqual(sls.query, { type: "checkpoint", consumer: "me", forceSuccess: "false" });
  assert.deepEqual(JSON.parse(sls.last.body), { shard: 3, checkpoint: CURSOR });
});

for (
  const code of ["ConsumerNotExist", "ConsumerNotExsit", "ConsumerNotMatch", "ShardNotExist"]
) {
  Deno.test(`ConsumerGroup learns by ${code} that a checkpoint is refused`, async () => {
    const { group } = setUp(refusal(400, code));
    assert.equal((await group.writeCheckpoint("me", 3, CURSOR)).kind, "refused");
  });
}

for (const script of [html(504), new TypeError("reset"), refusal(500, "InternalServerError")]) {
  const sentence = script instanceof Error ? "a failed connection" : `a ${script.status}`;
  Deno.test(`ConsumerGroup does not know after ${sentence} whether a checkpoint was written`, async () => {
    await assert.rejects(setUp(script).group.writeCheckpoint("me", 3, CURSOR), SlsError);
  });
}

Deno.test("Shards lists shards, whatever else is in the answer", async () => {
  const more = { inclusiveBeginKey: "00", exclusiveEndKey: "ff", createTime: 0, serverIp: "1" };
  const { shards } = setUp(ok([
    { shardID: 1, status: "readwrite", ...more },
    { shardID: 0, status: "ReadOnly" },
  ]));
  assert.deepEqual(await shards.list(), [
    { shard: 1, readOnly: false },
    { shard: 0, readOnly: true },
  ]);
});

const places = [["begin", "begin"], ["end", "end"], [
  { unixSec: 1759739400 },
  "1759739400",
]] as const;
for (const [place, from] of places) {
  Deno.test(`Shards asks for the cursor at ${from}`, async () => {
    const { shards, sls } = setUp(ok({ cursor: CURSOR }));
    assert.equal(await shards.cursorAt(3, place), CURSOR);
    assert.deepEqual(sls.query, { type: "cursor", from });
  });
}

Deno.test("Shards reads the time of a cursor, and refuses an empty cursor", async () => {
  const { shards } = setUp(ok({ cursor_time: 1554260243 }), ok({ cursor: "" }));
  assert.equal(await shards.cursorTimeSec(3, CURSOR), 1554260243);
  await assert.rejects(shards.cursorAt(3, "end"), ofKind("bad_answer"));
});
