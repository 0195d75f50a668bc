import assert from "node:assert/strict";
import { SlsError } from "../../src/sls/sls_error.ts";
import type { PullFault } from "./fake_pull_logs.ts";
import { cursorOf, groupOf, pageBytes } from "./pages.ts";
import { PullerHarness } from "./puller_harness.ts";

/** A puller whose first pulls go wrong. */
function failing(...faults: PullFault[]): PullerHarness {
  const test = new PullerHarness();
  test.pullLogs.groups = [groupOf("a")];
  test.pullLogs.fault = () => faults.shift();
  return test;
}

const refused = (kind: "server" | "throttled" | "credentials") => new SlsError(kind, `Cannot pull`);

Deno.test("PagePuller pulls again after failures, longer apart each time, and reports them", async () => {
  const test = failing(refused("server"), new TypeError("connection refused"), "corrupt");
  const page = await test.page(250 + 500 + 1000);
  assert.deepEqual([...page.body], [...pageBytes(test.pullLogs.groups)]);
  assert.deepEqual(test.pullLogs.asked, [0, 0, 0, 0]);
  assert.deepEqual(test.recorder.of("trouble").map(({ retryInMs }) => retryInMs), [250, 500, 1000]);
  assert.match(test.recorder.of("trouble")[2]!.message, /Cannot decompress the page/);
  const about = "p/l shard 1: pull";
  assert.deepEqual(test.recorder.of("recovered"), [{ type: "recovered", about }]);
  page[Symbol.dispose]();
  assert.equal(test.memory.reservedBytes, 0);
});

Deno.test("PagePuller holds no memory while it waits to pull again", async () => {
  const test = failing("corrupt", refused("server"), "corrupt");
  const next = test.asking();
  for (const waitMs of [0, 250, 500]) {
    await test.clock.advance(waitMs);
    assert.equal(test.memory.reservedBytes, 0);
  }
  await test.after(next, 1000);
});

Deno.test("PagePuller leaves a server alone for longer that says it is asked too much", async () => {
  const test = failing(refused("throttled"), refused("throttled"));
  (await test.page(2500 + 5000))[Symbol.dispose]();
  assert.deepEqual(test.recorder.of("trouble").map(({ retryInMs }) => retryInMs), [2500, 5000]);
});

Deno.test("PagePuller is back to its own pace after a failure", async () => {
  const test = new PullerHarness({ fetchCount: 1 });
  test.pullLogs.groups = [groupOf("a"), groupOf("b")];
  const faults = [refused("credentials")];
  test.pullLogs.fault = () => faults.shift();
  (await test.page(250))[Symbol.dispose]();
  (await test.page(0))[Symbol.dispose]();
  assert.deepEqual(test.pullLogs.asked.slice(0, 3), [0, 0, 1]);
});

Deno.test("PagePuller ends at a cursor that the server does not take", async () => {
  const test = failing(new SlsError("invalid_cursor", "InvalidCursor"));
  assert.deepEqual(await test.next(), {
    kind: "invalid_cursor",
    cursor: cursorOf(0),
    message: "InvalidCursor",
  });
  assert.equal(test.memory.reservedBytes, 0);
});

Deno.test("PagePuller ends at a shard that the server does not know", async () => {
  const test = failing(new SlsError("shard_missing", "ShardNotExist"));
  assert.deepEqual(await test.next(), { kind: "gone", message: "ShardNotExist" });
  assert.equal(test.memory.reservedBytes, 0);
});

const empty = () => {
  const test = failing();
  test.pullLogs.groups = [];
  return test;
};
const waits: [where: string, test: () => PullerHarness][] = [
  ["for its answer", () => failing("hang")],
  ["at the end of the shard", empty],
  ["after a failure", () => failing(refused("server"))],
  ["after a corrupt page", () => failing("corrupt")],
];
for (const [where, make] of waits) {
  Deno.test(`PagePuller that is revoked while it waits ${where} ends, with no memory reserved`, async () => {
    const test = make();
    const next = test.asking();
    await test.clock.advance(0);
    test.revoke();
    assert.deepEqual(await next, { kind: "revoked" });
    assert.equal(test.memory.reservedBytes, 0);
    assert.equal(test.pullLogs.inFlight, 0);
    assert.equal(test.clock.sleeping, 0);
  });
}

Deno.test("PagePuller that is revoked before it begins asks for nothing", async () => {
  const test = failing();
  const next = test.asking();
  test.revoke();
  assert.deepEqual(await next, { kind: "revoked" });
  assert.deepEqual(test.pullLogs.requests, []);
});

Deno.test("PagePuller that is revoked while it waits for memory ends, and takes none later", async () => {
  const test = failing();
  const all = await test.memory.reserve(16 * 1024 * 1024, new AbortController().signal);
  const next = test.asking();
  await test.clock.advance(0);
  test.revoke();
  assert.deepEqual(await next, { kind: "revoked" });
  all[Symbol.dispose]();
  assert.equal(test.memory.reservedBytes, 0);
});

Deno.test("PagePuller that is revoked as it is given memory gives it back", async () => {
  const test = failing();
  const all = await test.memory.reserve(16 * 1024 * 1024, new AbortController().signal);
  const next = test.asking();
  await test.clock.advance(0);
  all[Symbol.dispose](); // grants the puller its room in this turn
  test.revoke();
  assert.deepEqual(await next, { kind: "revoked" });
  assert.equal(test.memory.reservedBytes, 0);
});

Deno.test("PagePuller that is revoked between two pages ends", async () => {
  const test = failing();
  (await test.page())[Symbol.dispose]();
  test.revoke();
  assert.deepEqual(await test.next(), { kind: "revoked" });
});

Deno.test("PagePuller returns a page that came as it was revoked, so that its memory is freed", async () => {
  const test = failing();
  const pull = test.pullLogs.pull.bind(test.pullLogs);
  test.pullLogs.pull = async (...args) => {
    const answer = await pull(...args);
    test.revoke();
    return answer;
  };
  const page = await test.page();
  page[Symbol.dispose]();
  assert.equal(test.memory.reservedBytes, 0);
});

/** A server whose pages lead from each cursor to the next of the list, and stay at the last. */
function leading(...cursors: string[]) {
  const body = pageBytes([groupOf("a")]);
  const asked: string[] = [];
  const test = new PullerHarness({
    pullLogs: {
      pull: ({ cursor }, roomFor) => {
        asked.push(cursor);
        const nextCursor = cursors[cursors.indexOf(cursor) + 1] ?? cursor;
        const isEmpty = nextCursor === cursor;
        const head = {
          compressType: undefined,
          rawBytes: isEmpty ? 0 : body.length,
          groupCount: isEmpty ? 0 : 1,
          nextCursor,
          endOfShard: isEmpty,
          scannedBytes: body.length,
          scannedGroups: 1,
          unfiltered: true,
          filtered: undefined,
        };
        if (isEmpty) return Promise.resolve({ kind: "page", ...head, body: new Uint8Array(0) });
        const room = roomFor(body.length, body.length, head)!;
        room.body.set(body);
        return Promise.resolve({ kind: "page", ...head, body: room.body.subarray(0, body.length) });
      },
    },
  });
  return { test, asked };
}

Deno.test("PagePuller holds the shard where a page leads back to a cursor before, and uses nothing of it", async () => {
  const { test } = leading(cursorOf(0), "B", "C", "B");
  (await test.page())[Symbol.dispose]();
  (await test.page())[Symbol.dispose]();
  const next = test.asking();
  assert.equal(await test.after(next, 60_000), undefined, "no page comes");
  const [first, ...more] = test.recorder.of("trouble");
  assert.match(first!.message, /p\/l shard 1: .* from cursor C back to cursor B/);
  assert.ok(first!.held);
  assert.ok(more.length > 2, "it is tried again");
  test.revoke();
  assert.deepEqual(await test.after(next, 0), { kind: "revoked" });
  await test.dispose();
  assert.equal(test.memory.reservedBytes, 0);
});

Deno.test("PagePuller takes the same cursor again for the end of the data, however often it comes", async () => {
  const { test, asked } = leading(cursorOf(0), "B");
  (await test.page())[Symbol.dispose]();
  const next = test.asking();
  assert.equal(await test.after(next, 10_000), undefined);
  assert.deepEqual(test.recorder.of("trouble"), []);
  assert.ok(asked.filter((cursor) => cursor === "B").length >= 10);
  test.revoke();
  await test.after(next, 0);
  await test.dispose();
});
