import assert from "node:assert/strict";
import { GroupState, type ShardFacts } from "../../../src/emulator/core/sls/group_state.ts";
import { SlsError } from "../../../src/emulator/core/sls/sls_error.ts";
import { FakeClock } from "../../support/fake_clock.ts";

const TIMEOUT_SEC = 60;
const END = btoa("1000");

/** Writable shards. */
function open(...ids: number[]): ShardFacts[] {
  return ids.map((id) => ({ id, ancestors: [], endCursor: undefined }));
}

/** A group, and a table of its shards as text. */
function scene({ order = false, timeoutSec = TIMEOUT_SEC } = {}) {
  const clock = new FakeClock();
  const group = new GroupState({ timeoutSec, order }, clock);
  const table = (facts: readonly ShardFacts[]) =>
    group.shards(facts).map(({ id, state, owner, next }) =>
      `${id} ${state}${owner && ` ${owner}`}${next && `>${next}`}`
    );
  return { clock, group, table };
}

function refuses(code: string, status: number): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SlsError);
    assert.deepEqual([error.code, error.status], [code, status]);
    return true;
  };
}

const commit = (consumer: string, shard: number, checkpoint: string, force = false) => ({
  consumer,
  shard,
  checkpoint,
  force,
});

Deno.test("GroupState gives the first consumer every shard", () => {
  const { group, table } = scene();
  assert.deepEqual(table(open(0, 1)), ["0 free", "1 free"]);
  assert.deepEqual(group.heartbeat("a", [], open(1, 0, 2)), [0, 1, 2]);
});

Deno.test("GroupState hands a shard over only when its owner no longer reports it", () => {
  const { group, table } = scene();
  const facts = open(0, 1, 2, 3);
  group.heartbeat("a", [], facts);
  assert.deepEqual(group.heartbeat("b", [], facts), [], "nothing is free yet");
  assert.deepEqual(table(facts), ["0 handover a>b", "1 handover a>b", "2 owned a", "3 owned a"]);
  assert.deepEqual(group.heartbeat("a", [0, 1, 2, 3], facts), [2, 3], "it must let go of two");
  assert.deepEqual(group.heartbeat("b", [], facts), [], "but it still works on them");
  assert.deepEqual(group.heartbeat("a", [1, 2, 3], facts), [2, 3]);
  assert.deepEqual(group.heartbeat("b", [], facts), [0]);
  assert.deepEqual(group.heartbeat("a", [2, 3], facts), [2, 3]);
  assert.deepEqual(group.heartbeat("b", [0], facts), [0, 1]);
});

Deno.test("GroupState lets the owner commit while its shard is being handed over", () => {
  const { group } = scene();
  group.heartbeat("a", [], open(0, 1));
  group.heartbeat("b", [], open(0, 1));
  group.updateCheckpoint(commit("a", 0, btoa("5")), open(0, 1));
  assert.throws(
    () => group.updateCheckpoint(commit("b", 0, btoa("6")), open(0, 1)),
    refuses("ConsumerNotMatch", 400),
  );
});

Deno.test("GroupState frees the shards of a silent consumer after the timeout", async () => {
  const { group, clock } = scene();
  group.heartbeat("a", [], open(0, 1));
  await clock.advance(TIMEOUT_SEC * 1000);
  assert.deepEqual(group.heartbeat("b", [], open(0, 1)), []);
  await clock.advance(1);
  assert.deepEqual(group.consumers, ["a", "b"], "only a call forgets");
  assert.deepEqual(group.heartbeat("b", [], open(0, 1)), [0, 1]);
  assert.deepEqual(group.consumers, ["b"]);
});

Deno.test("GroupState gives a promised shard back when the next consumer times out", async () => {
  const { group, clock, table } = scene();
  group.heartbeat("a", [], open(0, 1));
  group.heartbeat("b", [], open(0, 1));
  await clock.advance(TIMEOUT_SEC * 1000);
  group.heartbeat("a", [0, 1], open(0, 1));
  await clock.advance(1000);
  assert.deepEqual(group.heartbeat("a", [0, 1], open(0, 1)), [0, 1]);
  assert.deepEqual(table(open(0, 1)), ["0 owned a", "1 owned a"]);
});

Deno.test("GroupState frees a promised shard when its owner times out", async () => {
  const { group, clock, table } = scene();
  group.heartbeat("a", [], open(0, 1));
  await clock.advance(1000);
  group.heartbeat("b", [], open(0, 1));
  await clock.advance(TIMEOUT_SEC * 1000);
  assert.deepEqual(table(open(0, 1)), ["0 free", "1 free"]);
  assert.deepEqual(group.heartbeat("b", [], open(0, 1)), [0, 1]);
});

Deno.test("GroupState refuses a consumer that it does not know but that reports shards", async () => {
  const { group, clock } = scene();
  const unknown = refuses("NotExistConsumerWithBody", 400);
  assert.throws(() => group.heartbeat("a", [0], open(0)), unknown);
  group.heartbeat("a", [], open(0));
  await clock.advance(TIMEOUT_SEC * 1000 + 1);
  assert.throws(() => group.heartbeat("a", [0], open(0)), unknown);
  assert.deepEqual(group.heartbeat("a", [], open(0)), [0]);
});

Deno.test("GroupState ignores reports of shards of other consumers or of none", () => {
  const { group } = scene();
  group.heartbeat("a", [], open(0, 1));
  assert.deepEqual(group.heartbeat("a", [0, 1, 77], open(0, 1)), [0, 1]);
  group.heartbeat("b", [], open(0, 1));
  assert.deepEqual(group.heartbeat("b", [0, 1, -3], open(0, 1)), []);
});

Deno.test("GroupState assigns a shard again to the owner that did not report it", () => {
  const { group } = scene();
  group.heartbeat("a", [], open(0));
  assert.deepEqual(group.heartbeat("a", [], open(0)), [0]);
});

Deno.test("GroupState adds new shards and removes expired ones", () => {
  const { group } = scene();
  assert.deepEqual(group.heartbeat("a", [], open(0)), [0]);
  assert.deepEqual(group.heartbeat("a", [0], open(0, 1)), [0, 1]);
  assert.deepEqual(group.heartbeat("a", [0, 1], open(1)), [1]);
  assert.throws(
    () => group.updateCheckpoint(commit("a", 0, END), open(1)),
    refuses("ShardNotExist", 404),
  );
});

Deno.test("GroupState is done with a read-only shard when its end is committed", () => {
  const { group, table } = scene();
  const closed = [{ id: 0, ancestors: [], endCursor: END }];
  group.heartbeat("a", [], open(0));
  group.updateCheckpoint(commit("a", 0, END), open(0));
  assert.deepEqual(table(open(0)), ["0 owned a"], "it still takes writes");
  assert.deepEqual(table(closed), ["0 done a"], "the split found everything consumed");
  assert.deepEqual(group.heartbeat("a", [0], closed), []);
  group.updateCheckpoint(commit("a", 0, END.replaceAll("=", "")), closed);
  assert.deepEqual(table(closed), ["0 done a"], "a repeated commit changes nothing");
  group.updateCheckpoint(commit("", 0, btoa("7"), true), closed);
  assert.deepEqual(table(closed), ["0 free"], "a forced one opens it again");
});

Deno.test("GroupState is not done with an empty read-only shard before its end is committed", () => {
  const { group, table } = scene();
  const closed = [{ id: 0, ancestors: [], endCursor: END }];
  assert.deepEqual(group.heartbeat("a", [], closed), [0]);
  group.updateCheckpoint(commit("a", 0, END), closed);
  assert.deepEqual(table(closed), ["0 done a"]);
});

Deno.test("GroupState with order lets shards wait for all their ancestors", () => {
  const { group, table } = scene({ order: true });
  // 0 was split into 3 and 4; then 4 and 5 were merged into 6.
  const facts = [
    { id: 0, ancestors: [], endCursor: END },
    { id: 3, ancestors: [0], endCursor: undefined },
    { id: 4, ancestors: [0], endCursor: END },
    { id: 5, ancestors: [], endCursor: END },
    { id: 6, ancestors: [0, 4, 5], endCursor: undefined },
  ];
  assert.deepEqual(group.heartbeat("a", [], facts), [0, 5]);
  assert.deepEqual(table(facts), ["0 owned a", "3 wait", "4 wait", "5 owned a", "6 wait"]);
  group.updateCheckpoint(commit("a", 0, END), facts);
  assert.deepEqual(group.heartbeat("a", [0, 5], facts), [3, 4, 5]);
  group.updateCheckpoint(commit("a", 4, END), facts);
  assert.deepEqual(group.heartbeat("a", [3, 4, 5], facts), [3, 5]);
  group.updateCheckpoint(commit("a", 5, END), facts);
  assert.deepEqual(group.heartbeat("a", [3, 5], facts), [3, 6]);
});

Deno.test("GroupState with order counts expired ancestors as finished", () => {
  const { group } = scene({ order: true });
  assert.deepEqual(group.heartbeat("a", [], [{ id: 9, ancestors: [1, 2], endCursor: undefined }]), [
    9,
  ]);
});

Deno.test("GroupState frees waiting shards when order is turned off, and keeps known ones when it is turned on", () => {
  const { group, table } = scene({ order: true });
  const facts = [
    { id: 0, ancestors: [], endCursor: END },
    { id: 1, ancestors: [0], endCursor: undefined },
  ];
  group.heartbeat("a", [], facts);
  assert.deepEqual(table(facts), ["0 owned a", "1 wait"]);
  group.update({ order: false });
  assert.deepEqual(table(facts), ["0 owned a", "1 free"]);
  group.update({ order: true });
  assert.deepEqual(table(facts), ["0 owned a", "1 free"]);
  assert.deepEqual(
    table([...facts, { id: 2, ancestors: [0], endCursor: undefined }]),
    ["0 owned a", "1 free", "2 wait"],
  );
});

Deno.test("GroupState stores a checkpoint with the time in microseconds and returns the previous one", () => {
  const { group, clock } = scene();
  group.heartbeat("a", [], open(0));
  assert.equal(group.updateCheckpoint(commit("a", 0, btoa("5")), open(0)), "");
  assert.equal(group.updateCheckpoint(commit("a", 0, btoa("4")), open(0)), btoa("5"), "backwards");
  const [row] = group.shards(open(0));
  assert.equal(row?.checkpoint, btoa("4"));
  assert.equal(row?.updateTimeUs, clock.nowMs() * 1000);
  assert.equal(String(row?.updateTimeUs).length, 16);
});

for (
  const { name, update, code, status } of [
    { name: "of a stranger", update: commit("b", 0, END), code: "ConsumerNotExist", status: 404 },
    {
      name: "without a consumer",
      update: commit("", 0, END),
      code: "ParameterInvalid",
      status: 400,
    },
    { name: "to no shard", update: commit("a", 5, END), code: "ShardNotExist", status: 404 },
    {
      name: "to no shard by force",
      update: commit("a", 5, END, true),
      code: "ShardNotExist",
      status: 404,
    },
    {
      name: "that is no base64",
      update: commit("a", 0, "%%"),
      code: "InvalidShardCheckPoint",
      status: 400,
    },
  ]
) {
  Deno.test(`GroupState refuses a checkpoint ${name}`, () => {
    const { group } = scene();
    group.heartbeat("a", [], open(0));
    assert.throws(() => group.updateCheckpoint(update, open(0)), refuses(code, status));
  });
}

Deno.test("GroupState accepts a forced checkpoint from any consumer", () => {
  const { group } = scene();
  group.updateCheckpoint(commit("stranger", 0, END, true), open(0));
  assert.equal(group.shards(open(0))[0]?.checkpoint, END);
});
