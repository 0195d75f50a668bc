import assert from "node:assert/strict";
import { encodeLz4Block } from "../../src/emulator/core/sls/encode_lz4_block.ts";
import type { Compression } from "../../src/emulator/core/sls/compression.ts";
import { cursorOf, groupOf, pageBytes } from "./pages.ts";
import { PullerHarness } from "./puller_harness.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

for (const compression of ["", "deflate", "gzip", "lz4"] as Compression[]) {
  Deno.test(`PagePuller opens a page that comes ${compression || "plain"}, and gives its memory back`, async () => {
    const test = new PullerHarness();
    test.pullLogs.compression = compression;
    test.pullLogs.groups = [groupOf("a", "b"), groupOf("c")];
    const page = await test.page();
    const raw = pageBytes(test.pullLogs.groups);
    assert.equal(page.isLz4, compression === "lz4"); // opened by the core, when its turn comes
    assert.deepEqual([...page.body], [...(page.isLz4 ? encodeLz4Block(raw) : raw)]);
    assert.equal(page.rawBytes, raw.length);
    const { cursor, nextCursor, groupCount, unfiltered } = page;
    assert.deepEqual({ cursor, nextCursor, groupCount, unfiltered }, {
      cursor: cursorOf(0),
      nextCursor: cursorOf(2),
      groupCount: 2,
      unfiltered: true,
    });
    const reserved = test.memory.reservedBytes;
    assert.ok(
      reserved > 0 && reserved <= 64 * KIB,
      `${reserved} bytes are reserved for a small page`,
    );
    page[Symbol.dispose]();
    page[Symbol.dispose]();
    assert.equal(test.memory.reservedBytes, 0);
  });
}

Deno.test("PagePuller asks for what its settings say", async () => {
  const test = new PullerHarness({ fetchCount: 7, query: "* | where a = 1", processor: "p" });
  await test.next();
  assert.deepEqual(test.pullLogs.requests, [{
    shard: 1,
    cursor: cursorOf(0),
    count: 7,
    endCursor: undefined,
    query: "* | where a = 1",
    processor: "p",
  }]);
  test.revoke();
});

Deno.test("PagePuller keeps no more room than the body needs", async () => {
  const test = new PullerHarness();
  test.pullLogs.compression = "lz4";
  test.pullLogs.groups = [groupOf("x".repeat(3 * MIB))];
  const page = await test.page();
  assert.equal(test.memory.reservedBytes, test.buffers.capacityFor(page.body.length));
  page[Symbol.dispose]();
  assert.equal(test.memory.reservedBytes, 0);
});

Deno.test("PagePuller uses the memory of a page again for the next one", async () => {
  const test = new PullerHarness({ fetchCount: 1 }, MIB); // none is pulled ahead
  test.pullLogs.compression = "lz4";
  test.pullLogs.groups = [groupOf("x".repeat(MIB)), groupOf("y".repeat(MIB))];
  const first = await test.page();
  const { buffer } = first.body;
  first[Symbol.dispose]();
  const second = await test.page();
  assert.equal(second.body.buffer, buffer);
  second[Symbol.dispose]();
});

Deno.test("PagePuller asks for a page again once there is room for it, and is not at the end meanwhile", async () => {
  const test = new PullerHarness({}, 4 * MIB);
  test.pullLogs.compression = "";
  test.pullLogs.groups = [groupOf("x".repeat(1.5 * MIB))];
  const other = await test.memory.reserve(3 * MIB, new AbortController().signal);
  const next = test.asking();
  await test.clock.advance(60_000);
  assert.equal(test.pullLogs.requests.length, 1); // then it waits for room
  assert.equal(test.memory.reservedBytes, 3 * MIB);
  other[Symbol.dispose]();
  const page = await test.after(next, 0);
  assert.equal(page?.kind, "page");
  assert.equal(test.pullLogs.requests.length, 2);
  assert.equal(test.caughtUp, 0);
  assert.deepEqual(test.recorder.events, []);
});

Deno.test("PagePuller takes a page that is larger than all memory, when it is alone", async () => {
  const test = new PullerHarness({}, 1 * MIB);
  test.pullLogs.groups = [groupOf("x".repeat(5 * MIB))];
  const page = await test.page();
  assert.equal(page.rawBytes, pageBytes(test.pullLogs.groups).length);
  page[Symbol.dispose]();
  assert.equal(test.memory.reservedBytes, 0);
});

Deno.test("PagePuller pulls nothing while there is no memory", async () => {
  const test = new PullerHarness({}, 1 * MIB);
  const other = await test.memory.reserve(1 * MIB, new AbortController().signal);
  test.pullLogs.groups = [groupOf("a")];
  const next = test.asking();
  await test.clock.advance(60_000);
  assert.equal(test.pullLogs.requests.length, 0);
  other[Symbol.dispose]();
  assert.equal((await test.after(next, 0))?.kind, "page");
});
