import assert from "node:assert/strict";
import { cursorOf, groupOf } from "./pages.ts";
import { PullerHarness } from "./puller_harness.ts";

function scene(endCursor: string, groups = 5): PullerHarness {
  const test = new PullerHarness({ endCursor });
  test.pullLogs.groups = Array.from({ length: groups }, (_, i) => groupOf(`${i}`));
  return test;
}

Deno.test("PagePuller asks for no more log groups than are left before the end cursor", async () => {
  const test = scene(cursorOf(3));
  const page = await test.page();
  const [request] = test.pullLogs.requests;
  assert.deepEqual([request!.endCursor, request!.count], [cursorOf(3), 3]);
  // The fake does not know end_cursor: only the count keeps it from giving more.
  assert.equal(page.nextCursor, cursorOf(3));
  page[Symbol.dispose]();
  assert.deepEqual(await test.next(), { kind: "end_reached" });
  assert.equal(test.pullLogs.requests.length, 1, "nothing is pulled past the end");
  await test.dispose();
});

Deno.test("PagePuller guesses no cursor behind the end", async () => {
  const test = new PullerHarness({ endCursor: cursorOf(25), fetchCount: 10 });
  test.pullLogs.roundTrip = { clock: test.clock, ms: 100 };
  test.pullLogs.groups = Array.from({ length: 100 }, (_, i) => groupOf(`${i}`));
  for (let groups = 0; groups < 25;) {
    const page = await test.page(1000);
    groups += page.groupCount;
    page[Symbol.dispose]();
  }
  assert.deepEqual(await test.next(), { kind: "end_reached" });
  assert.deepEqual(test.pullLogs.asked, [0, 10, 20]);
  await test.dispose();
});

Deno.test("PagePuller reports a server that has nothing before the end cursor, and asks again", async () => {
  const test = scene(cursorOf(9));
  (await test.page())[Symbol.dispose]();
  const next = test.asking();
  assert.equal(await test.after(next, 1000), undefined);
  const [trouble] = test.recorder.of("trouble");
  assert.equal(trouble?.shard, 1);
  assert.ok(trouble.message.includes(`up to cursor ${cursorOf(9)}`));
  test.pullLogs.groups.push(...Array.from({ length: 4 }, (_, i) => groupOf(`later ${i}`)));
  const page = await test.after(next, 30_000);
  assert.ok(page?.kind === "page");
  assert.equal(page.nextCursor, cursorOf(9));
  page[Symbol.dispose]();
  assert.deepEqual(await test.next(), { kind: "end_reached" });
  await test.dispose();
});

Deno.test("PagePuller with cursors of another kind ends when it meets the end cursor itself", async () => {
  const test = new PullerHarness({ endCursor: "no number" });
  test.pullLogs.groups = [groupOf("a")];
  const page = await test.page();
  assert.equal(test.pullLogs.requests[0]!.count, 1000);
  page[Symbol.dispose]();
  test.revoke();
  assert.deepEqual(await test.next(), { kind: "revoked" });
  await test.dispose();
});
