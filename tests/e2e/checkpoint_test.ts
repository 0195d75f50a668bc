import assert from "node:assert/strict";
import { PROXY_VARIABLES } from "../../src/base/runtime_variables.ts";
import { jsonFault } from "../../src/emulator/sls/faults.ts";
import { CheckpointHarness } from "../checkpoint/checkpoint_harness.ts";
import { sls2hec } from "../support/command.ts";

const checkpoint = (scene: CheckpointHarness, ...args: string[]) =>
  sls2hec(["checkpoint", ...args], scene.env);
const iso = (sec: number) => new Date(sec * 1000).toISOString().replace(".000Z", "Z");

Deno.test("checkpoint show shows each shard's checkpoint, its time and its lag, and joins no group", async () => {
  await using scene = new CheckpointHarness();
  await scene.createGroup();
  await scene.group.forceCheckpoint(0, scene.cursorAt(3));
  scene.sls.onHeartbeat(() => assert.fail("a heartbeat would join the group"));
  const { code, out, err } = await checkpoint(scene, "show", "--json");
  assert.equal(code, 0, err);
  const [zero, one] = out.map((line) => JSON.parse(line));
  assert.ok(Math.abs(Date.parse(zero.updated) - Date.now()) < 60_000);
  const ageSec = Date.now() / 1000 - scene.startSec - 400; // of the log behind the checkpoint
  assert.ok(Math.abs(zero.lag_seconds - ageSec) <= 10, `${zero.lag_seconds} s, not ${ageSec} s`);
  assert.deepEqual({ ...zero, updated: null, lag_seconds: null }, {
    source: "p/l",
    group: "g",
    shard: 0,
    read_only: false,
    checkpoint: scene.cursorAt(3),
    place: "inside",
    time: iso(scene.startSec + 300),
    lag_seconds: null,
    consumer: "",
    updated: null,
  });
  assert.deepEqual([one.shard, one.checkpoint, one.place, one.time, one.lag_seconds], [
    1,
    "",
    "none",
    null,
    null,
  ]);
  const table = (await checkpoint(scene, "show", "--shards", "0")).out;
  assert.equal(table.length, 2);
  assert.match(
    table[1]!,
    new RegExp(`p/l +g +0 +${scene.cursorAt(3)} +${iso(scene.startSec + 300)} +\\d{4} s`),
  );
});

Deno.test("checkpoint reset and set move what is chosen to begin, end, a time or a cursor", async () => {
  await using scene = new CheckpointHarness();
  await scene.createGroup();
  const steps: [args: string[], shard0: string, shard1: string][] = [
    [["reset", "--to", "end"], scene.cursorAt(4), scene.cursorAt(0, 1)],
    [["reset", "--to", "begin", "--shards", "0"], scene.cursorAt(0), scene.cursorAt(0, 1)],
    [
      ["reset", "--to", iso(scene.startSec + 150), "--source", "p/l", "--shards", "0"],
      scene.cursorAt(1),
      scene.cursorAt(0, 1),
    ],
    [
      ["set", "--shards", "0", "--cursor", scene.cursorAt(2)],
      scene.cursorAt(2),
      scene.cursorAt(0, 1),
    ],
    [["set", "--shards", "0", "--to", "-1s"], scene.cursorAt(4), scene.cursorAt(0, 1)],
    [["set", "--shards", "0", "--to", "-2d"], scene.cursorAt(0), scene.cursorAt(0, 1)],
  ];
  for (const [args, shard0, shard1] of steps) {
    const { code, err } = await checkpoint(scene, ...args);
    assert.equal(code, 0, `${args.join(" ")}: ${err}`);
    assert.deepEqual(scene.stored, { 0: shard0, 1: shard1 }, args.join(" "));
  }
  assert.deepEqual(scene.consumers, [], "no consumer has joined");
});

Deno.test("checkpoint reset --dry-run says what it would do and writes nothing", async () => {
  await using scene = new CheckpointHarness();
  await scene.createGroup();
  scene.sls.onCheckpoint(() => assert.fail("nothing may be written"));
  const { code, out, err } = await checkpoint(scene, "reset", "--to", "end", "--dry-run", "--json");
  assert.equal(code, 0, err);
  assert.match(err, /Dry run: nothing was written/);
  assert.deepEqual(out.map((line) => JSON.parse(line)), [
    { source: "p/l", group: "g", shard: 0, from: "", to: scene.cursorAt(4), written: false },
    { source: "p/l", group: "g", shard: 1, from: "", to: scene.cursorAt(0, 1), written: false },
  ]);
});

Deno.test("checkpoint reset refuses while the group has a live consumer, unless it is forced", async () => {
  await using scene = new CheckpointHarness();
  await scene.createGroup();
  await scene.join("worker-1");
  const refused = await checkpoint(scene, "reset", "--to", "end");
  assert.equal(refused.code, 1);
  assert.match(refused.err, /timeout 60 s\) is in use:\n {2}worker-1 owns shards 0, 1/);
  assert.match(refused.err, /Cannot move checkpoints: a consumer of the group is running/);
  assert.deepEqual(scene.stored, { 0: "", 1: "" });

  const forced = await checkpoint(scene, "reset", "--to", "end", "--force");
  assert.equal(forced.code, 0, forced.err);
  assert.equal(scene.stored[0], scene.cursorAt(4));
  assert.deepEqual(scene.consumers, ["worker-1"], "the live one keeps its place");

  scene.forget("worker-1");
  const free = await checkpoint(scene, "reset", "--to", "begin");
  assert.equal(free.code, 0, free.err);
  assert.equal(scene.stored[0], scene.cursorAt(0));
});

Deno.test("the checkpoint commands end with 2 for what cannot be, and write nothing", async () => {
  await using scene = new CheckpointHarness();
  const missing = await checkpoint(scene, "show");
  assert.equal(missing.code, 2);
  assert.match(missing.err, /Cannot find consumer group g of p\/l/);
  assert.deepEqual(scene.sls.data.consumerGroups({ project: "p", logstore: "l" }), []);

  await scene.createGroup();
  scene.sls.onCheckpoint(() => assert.fail("nothing may be written"));
  const cases: [args: string[], expected: RegExp][] = [
    [["reset"], /Cannot move checkpoints: no target/],
    [["reset", "--to", "2026-10-06T08:30:00"], /lacks a zone/],
    [["reset", "--to", "2999-01-01T00:00:00Z"], /in the future/],
    [["reset", "--to", "middle"], /Expected an ISO 8601 time/],
    [["reset", "--to", "end", "--shards", "0,5"], /Cannot find shard 5 of p\/l: it has 0, 1/],
    [["reset", "--to", "end", "--shards", "x"], /Expected shard numbers/],
    [
      ["reset", "--to", "end", "--source", "p/other"],
      /Cannot find source p\/other: the configuration has p\/l/,
    ],
    [["set", "--shards", "0", "--cursor", "no cursor"], /Cannot use "no cursor" as a cursor/],
    [
      ["set", "--shards", "0", "--cursor", scene.cursorAt(9)],
      /Cannot set .* to cursor .* from .* to /,
    ],
    [["set", "--cursor", scene.cursorAt(1)], /Cannot use --cursor/],
    [["set", "--shards", "0,1", "--cursor", scene.cursorAt(1)], /Cannot use --cursor/],
  ];
  for (const [args, expected] of cases) {
    const { code, err } = await checkpoint(scene, ...args);
    assert.equal(code, 2, `${args.join(" ")}: ${err}`);
    assert.match(err, expected, args.join(" "));
  }
});

Deno.test("the checkpoint commands need the SLS host and nothing else", async () => {
  await using scene = new CheckpointHarness();
  await scene.createGroup();
  const names = [
    ...Object.keys(scene.env),
    ..."SLS_REGION,SLS_SECURITY_TOKEN,SPLUNK_HEC_URL,SPLUNK_HEC_TOKEN,SPLUNK_INDEX".split(","),
    ..."SPLUNK_SOURCETYPE,SPLUNK_SOURCE,SPLUNK_HEC_CA_FILE,SPLUNK_HEC_ACK".split(","),
    ..."SPLUNK_HEC_PROXY,SLS_PROXY,SLS_ENDPOINTS,SLS_PROJECTS,SLS_LOGSTORES".split(","),
    ...PROXY_VARIABLES,
  ];
  const permissions = [
    `--allow-net=127.0.0.1:${scene.sls.port}`,
    `--allow-env=${names.join(",")}`,
    "--ignore-env=LOG_TOKENS,LOG_STREAM",
  ];
  const args = ["checkpoint", "reset", "--to", "end"];
  const { code, err } = await sls2hec(args, scene.env, undefined, permissions);
  assert.equal(code, 0, err);
  const none = permissions.slice(1);
  const refused = await sls2hec(args, scene.env, undefined, none);
  assert.equal(refused.code, 2);
  assert.match(refused.err, /permissions[^\n]*\n {2}reach 127\.0\.0\.1:\d+ \(SLS project p\)/);
});

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

Deno.test("checkpoint show and reset print what others have named so that it is seen, on one line", async () => {
  await using scene = new CheckpointHarness();
  await scene.createGroup();
  const kinds: [text: string, shown: string][] = [
    ["\x1b[2J\x1b[H", "\\x1b[2J\\x1b[H"],
    ["a\np/l  g  0  forged", "a\\x0ap/l  g  0  forged"],
    ["a\rb\x00\x7f", "a\\x0db\\x00\\x7f"],
    ["\x9b2J\x85", "\\x9b2J\\x85"],
    ["\u061c\u200e\u200f\u202a\u202e", "\\u061c\\u200e\\u200f\\u202a\\u202e"],
    ["\u2066\u2069\u2028\u2029", "\\u2066\\u2069\\u2028\\u2029"],
    ["\u200b\ufeff\u{e0041}", "\\u200b\\ufeff\\u{e0041}"],
    ["half \ud83d", "half \\ud83d"],
    ["looks like \\x1b", "looks like \\\\x1b"],
  ];
  for (const [text, shown] of kinds) {
    const updateTime = Date.now() * 1000;
    scene.sls.faults.rule = ({ call }) =>
      call === "GetCheckPoint"
        ? jsonFault([{ shard: 0, checkpoint: text, updateTime, consumer: text }])
        : undefined;
    const table = await checkpoint(scene, "show", "--shards", "0");
    assert.equal(table.code, 0, table.err);
    assert.equal(table.out.length, 2, table.out.join("\n"));
    assert.equal(table.out[1]!.split(shown).length, 3, `${table.out[1]} has ${shown} twice`);
    assert.doesNotMatch(table.out.join(""), UNPRINTABLE);
  }
  const text = kinds.map(([text]) => text).join(" ");
  scene.sls.faults.rule = ({ call }) =>
    call === "GetCheckPoint"
      ? jsonFault([{ shard: 0, checkpoint: text, updateTime: 0, consumer: text }])
      : undefined;
  const json = await checkpoint(scene, "show", "--shards", "0", "--json");
  assert.match(json.out.join(), /^[ -~]+$/);
  assert.equal(JSON.parse(json.out[0]!).consumer, text);
  const reset = await checkpoint(scene, "reset", "--to", "end", "--dry-run", "--shards", "0");
  assert.equal(reset.out.length, 1, reset.out.join("\n"));
  assert.match(reset.err, /^ {2}\\x1b\[2J/m, "who is at work is shown");
  assert.doesNotMatch(reset.out.join("") + reset.err.replaceAll("\n", ""), UNPRINTABLE);
});
