import assert from "node:assert/strict";
import { joinGroup } from "../../src/consumer/join_group.ts";
import type { WantedGroup } from "../../src/consumer/ports.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { FakeGroup } from "./fake_group.ts";

const signal = new AbortController().signal;
const anything: WantedGroup = {
  name: "group",
  timeoutMs: undefined,
  newTimeoutMs: 60_000,
  inOrder: undefined,
  update: false,
};

const NONE = /^$/;
const TIMEOUT = /timeout.* 25 s.* 60 s$/;
const ORDER = /^[^;]*in_order.* true.* false$/;
const BOTH = /timeout.* 25 s.* 60 s; .*in_order.* true.* false$/;

function groupOf(...groups: FakeGroup["groups"]): FakeGroup {
  const group = new FakeGroup(new FakeClock());
  group.groups = groups;
  return group;
}

Deno.test("joinGroup() creates a group that does not exist, with the defaults", async () => {
  const group = groupOf({ name: "another", timeoutSec: 30, inOrder: true });
  assert.deepEqual(await joinGroup(group, anything, signal), {
    timeoutMs: 60_000,
    inOrder: false,
    how: "created it",
    differences: "",
  });
  assert.deepEqual(group.created, [{ timeoutSec: 60, inOrder: false }]);
});

Deno.test("joinGroup() creates a group as configured", async () => {
  const group = groupOf();
  const wanted = { ...anything, timeoutMs: 90_000, inOrder: true };
  assert.deepEqual(await joinGroup(group, wanted, signal), {
    timeoutMs: 90_000,
    inOrder: true,
    how: "created it",
    differences: "",
  });
  assert.deepEqual(group.created, [{ timeoutSec: 90, inOrder: true }]);
});

const found: [
  what: string,
  wanted: Partial<WantedGroup>,
  updated: { timeoutSec: number; inOrder: boolean } | undefined,
  differences: RegExp,
][] = [
  ["takes an existing group as it is", {}, undefined, NONE],
  ["takes a group that is as configured", { timeoutMs: 25_000, inOrder: true }, undefined, NONE],
  ["knows a group by its name in another case", { name: "GROUP" }, undefined, NONE],
  ["changes the timeout alone", { timeoutMs: 60_000 }, { timeoutSec: 60, inOrder: true }, TIMEOUT],
  ["changes the order alone", { inOrder: false }, { timeoutSec: 25, inOrder: false }, ORDER],
  [
    "changes both",
    { timeoutMs: 60_000, inOrder: false },
    { timeoutSec: 60, inOrder: false },
    BOTH,
  ],
];
for (const [what, wanted, updated, differences] of found) {
  Deno.test(`joinGroup() with update ${what}`, async () => {
    const group = groupOf({ name: "group", timeoutSec: 25, inOrder: true });
    const joined = await joinGroup(group, { ...anything, ...wanted, update: true }, signal);
    assert.deepEqual(joined, {
      timeoutMs: (updated?.timeoutSec ?? 25) * 1000,
      inOrder: updated?.inOrder ?? true,
      how: updated ? "updated it from timeout 25 s, in_order true" : "found it",
      differences: "",
    });
    assert.deepEqual(group.updated, updated ? [updated] : []);
    assert.deepEqual(group.created, []);
  });

  Deno.test(`joinGroup() without update leaves the group as it is where it otherwise ${what}`, async () => {
    const group = groupOf({ name: "group", timeoutSec: 25, inOrder: true });
    const joined = await joinGroup(group, { ...anything, ...wanted }, signal);
    assert.match(joined.differences, differences);
    assert.deepEqual([joined.timeoutMs, joined.inOrder, joined.how], [25_000, true, "found it"]);
    assert.deepEqual(group.updated, []);
    assert.deepEqual(group.created, []);
  });
}

Deno.test("joinGroup() adopts a group that another member created first, and says where it differs", async () => {
  const group = groupOf();
  group.fault = (call) => {
    if (call !== "create") return undefined;
    group.groups.push({ name: "group", timeoutSec: 60, inOrder: false });
    return new Error("ConsumerGroupAlreadyExist");
  };
  const joined = await joinGroup(group, { ...anything, timeoutMs: 30_000 }, signal);
  assert.equal(joined.timeoutMs, 60_000);
  assert.match(joined.differences, /timeout.* 60 s.* 30 s$/);
  assert.deepEqual(group.updated, []);
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
  await assert.rejects(
    joinGroup(group, { ...anything, inOrder: false, update: true }, signal),
    denied,
  );
});

for (const call of ["list", "create", "update"]) {
  Deno.test(`joinGroup() ends with the signal's reason while it waits for ${call}`, async () => {
    const group = groupOf(
      ...(call === "create" ? [] : [{ name: "group", timeoutSec: 25, inOrder: true }]),
    );
    group.fault = (now) => now === call ? "hang" : undefined;
    const stop = new AbortController();
    const reason = new Error("stop");
    const joining = joinGroup(group, { ...anything, inOrder: false, update: true }, stop.signal);
    const check = assert.rejects(joining, reason);
    await Promise.resolve();
    stop.abort(reason);
    await check;
  });
}
