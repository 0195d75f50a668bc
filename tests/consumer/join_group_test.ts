import assert from "node:assert/strict";
import { joinGroup, type WantedGroup } from "../../src/consumer/join_group.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeGroup } from "./fake_group.ts";

const signal = new AbortController().signal;
const anything: WantedGroup = { name: "group", timeoutMs: undefined, inOrder: undefined };

function groupOf(...groups: FakeGroup["groups"]): FakeGroup {
  const group = new FakeGroup(FakeClock.inside());
  group.groups = groups;
  return group;
}

Deno.test("joinGroup() creates a group that does not exist, with the defaults", async () => {
  const group = groupOf({ name: "another", timeoutSec: 30, inOrder: true });
  assert.deepEqual(await joinGroup(group, anything, signal), {
    timeoutMs: 60_000,
    how: "created it",
  });
  assert.deepEqual(group.created, [{ timeoutSec: 60, inOrder: false }]);
});

Deno.test("joinGroup() creates a group as configured", async () => {
  const group = groupOf();
  const wanted = { name: "group", timeoutMs: 90_000, inOrder: true };
  assert.deepEqual(await joinGroup(group, wanted, signal), {
    timeoutMs: 90_000,
    how: "created it",
  });
  assert.deepEqual(group.created, [{ timeoutSec: 90, inOrder: true }]);
});

const found: [
  what: string,
  wanted: Partial<WantedGroup>,
  updated: { timeoutSec: number; inOrder: boolean } | undefined,
  timeoutMs: number,
][] = [
  ["takes an existing group as it is", {}, undefined, 25_000],
  ["takes a group that is as configured", { timeoutMs: 25_000, inOrder: true }, undefined, 25_000],
  ["changes the timeout alone", { timeoutMs: 60_000 }, { timeoutSec: 60, inOrder: true }, 60_000],
  ["changes the order alone", { inOrder: false }, { timeoutSec: 25, inOrder: false }, 25_000],
  [
    "changes both",
    { timeoutMs: 60_000, inOrder: false },
    { timeoutSec: 60, inOrder: false },
    60_000,
  ],
  ["knows a group by its name in another case", { name: "GROUP" }, undefined, 25_000],
];
for (const [what, wanted, updated, timeoutMs] of found) {
  Deno.test(`joinGroup() ${what}`, async () => {
    const group = groupOf({ name: "group", timeoutSec: 25, inOrder: true });
    const joined = await joinGroup(group, { ...anything, ...wanted }, signal);
    assert.equal(joined.timeoutMs, timeoutMs);
    assert.match(
      joined.how,
      updated ? /^updated it from timeout 25 s, in_order true$/ : /^found it$/,
    );
    assert.deepEqual(group.updated, updated ? [updated] : []);
    assert.deepEqual(group.created, []);
  });
}

Deno.test("joinGroup() adopts a group that another member created first, and sets what is configured", async () => {
  const group = groupOf();
  group.fault = (call) => {
    if (call !== "create") return undefined;
    group.groups.push({ name: "group", timeoutSec: 60, inOrder: false });
    return new Error("ConsumerGroupAlreadyExist");
  };
  const joined = await joinGroup(group, { ...anything, timeoutMs: 30_000 }, signal);
  assert.equal(joined.timeoutMs, 30_000);
  assert.deepEqual(group.updated, [{ timeoutSec: 30, inOrder: false }]);
});

Deno.test("joinGroup() throws why the group could not be created", async () => {
  const group = groupOf({ name: "another", timeoutSec: 60, inOrder: false });
  const quota = new Error("ConsumerGroupQuotaExceed");
  group.fault = (call) => call === "create" ? quota : undefined;
  await assert.rejects(joinGroup(group, anything, signal), quota);
});

Deno.test("joinGroup() throws why the group could not be changed", async () => {
  const group = groupOf({ name: "group", timeoutSec: 25, inOrder: true });
  const denied = new Error("Unauthorized");
  group.fault = (call) => call === "update" ? denied : undefined;
  await assert.rejects(joinGroup(group, { ...anything, inOrder: false }, signal), denied);
});

for (const call of ["list", "create", "update"]) {
  Deno.test(`joinGroup() ends with the signal's reason while it waits for ${call}`, async () => {
    const group = groupOf(
      ...(call === "create" ? [] : [{ name: "group", timeoutSec: 25, inOrder: true }]),
    );
    group.fault = (now) => now === call ? "hang" : undefined;
    const stop = new AbortController();
    const reason = new Error("stop");
    const joining = joinGroup(group, { ...anything, inOrder: false }, stop.signal);
    const check = assert.rejects(joining, reason);
    await Promise.resolve();
    stop.abort(reason);
    await check;
  });
}
