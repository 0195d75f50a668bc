import assert from "node:assert/strict";
import { SlsError } from "../../src/sls/sls_error.ts";
import { cursorOf, groupOf } from "./pages.ts";
import { PullerHarness } from "./puller_harness.ts";

const MIB = 1024 * 1024;
const singles = (count: number) => Array.from({ length: count }, (_, at) => groupOf(String(at)));

/** A puller whose every answer takes 300 ms to come; a page holds ten log groups. */
function far(groups: number, options = {}, memoryBytes?: number): PullerHarness {
  const test = new PullerHarness({ fetchCount: 10, ...options }, memoryBytes);
  test.pullLogs.roundTrip = { clock: test.clock, ms: 300 };
  test.pullLogs.groups = singles(groups);
  return test;
}

/** Takes pages, each at once when it has come, and gives where they were pulled and how long it took. */
async function take(test: PullerHarness, pages: number) {
  const cursors: number[] = [];
  const startMs = test.clock.monotonicMs();
  for (let page = 0; page < pages; page++) {
    const next = test.asking();
    let waitedMs = 0;
    let come = await test.after(next, 0);
    for (; !come && waitedMs < 60_000; waitedMs += 10) come = await test.after(next, 10);
    assert.equal(come?.kind, "page");
    if (come?.kind !== "page") break;
    cursors.push(Number(atob(come.cursor)));
    come[Symbol.dispose]();
  }
  return { cursors, tookMs: test.clock.monotonicMs() - startMs };
}

async function ended(test: PullerHarness): Promise<void> {
  test.revoke();
  await test.dispose();
  assert.equal(test.memory.reservedBytes, 0);
  assert.equal(test.pullLogs.inFlight, 0);
  assert.equal(test.clock.sleeping, 0);
}

Deno.test("PagePuller asks for the next page before the body of this one has come", async () => {
  const test = far(30);
  test.pullLogs.fault = ({ cursor }) => cursor === cursorOf(0) ? "stall" : undefined;
  const next = test.asking();
  await test.clock.advance(300);
  assert.deepEqual(test.pullLogs.asked, [0, 10]);
  assert.equal(await test.after(next, 300), undefined); // in order: the first one's body is missing
  await ended(test);
});

Deno.test("PagePuller has several pages under way over a long line while they come full", async () => {
  const test = far(400);
  const { cursors, tookMs } = await take(test, 40);
  assert.deepEqual(cursors, Array.from({ length: 40 }, (_, at) => at * 10));
  // One after the other they would take 12 s.
  assert.ok(tookMs <= 4500, `${tookMs} ms`);
  assert.ok(test.pullLogs.mostInFlight <= 4);
  assert.deepEqual(new Set(test.pullLogs.asked).size, test.pullLogs.asked.length, "none twice");
  await ended(test);
});

Deno.test("PagePuller does not guess where pages are not full by number", async () => {
  const test = far(200);
  test.pullLogs.mostGroups = 7; // full by bytes, say
  const { cursors } = await take(test, 20);
  assert.deepEqual(cursors, Array.from({ length: 20 }, (_, at) => at * 7));
  assert.ok(test.pullLogs.asked.every((cursor) => cursor % 7 === 0));
  await ended(test);
});

Deno.test("PagePuller drops what it pulled at a wrong cursor", async () => {
  const test = far(100);
  // From 50 on a page holds seven groups: what was guessed behind it is wrong.
  test.pullLogs.mostGroupsAt = (cursor) => cursor >= 50 ? 7 : 1000;
  const { cursors } = await take(test, 10);
  assert.deepEqual(cursors, [0, 10, 20, 30, 40, 50, 57, 64, 71, 78]);
  assert.ok(test.pullLogs.asked.includes(60), "it guessed");
  await ended(test);
});

Deno.test("PagePuller does not believe what is refused at a guessed cursor", async () => {
  const test = far(60);
  const refused = new Set<number>();
  test.pullLogs.fault = ({ cursor }) => {
    const at = Number(atob(cursor));
    if (at < 40 || refused.has(at)) return undefined;
    refused.add(at);
    return new SlsError("invalid_cursor", "InvalidCursor: beyond the end");
  };
  const { cursors } = await take(test, 6);
  assert.deepEqual(cursors, [0, 10, 20, 30, 40, 50]);
  assert.deepEqual(test.recorder.of("trouble"), []);
  await ended(test);
});

Deno.test("PagePuller pulls nothing ahead when the memory is for one page", async () => {
  const test = far(100, {}, 1 * MIB);
  const { cursors } = await take(test, 5);
  assert.deepEqual(cursors, [0, 10, 20, 30, 40]);
  assert.equal(test.pullLogs.mostInFlight, 1);
  await ended(test);
});

Deno.test("PagePuller asks for fewer log groups after an answer that did not come whole, then for more again", async () => {
  const test = new PullerHarness({ fetchCount: 100 }, 1 * MIB);
  test.pullLogs.groups = singles(1000);
  let failures = 2;
  test.pullLogs.fault = () => failures-- > 0 ? "corrupt" : undefined;
  (await test.page(5000))[Symbol.dispose]();
  (await test.page())[Symbol.dispose]();
  assert.deepEqual(test.pullLogs.requests.map(({ count }) => count), [100, 50, 27, 32]);
  await ended(test);
});

Deno.test("PagePuller reads a shard at most a hundred times a second, however small its pages", async () => {
  const test = new PullerHarness({ fetchCount: 1 });
  test.pullLogs.groups = singles(1000);
  const { cursors, tookMs } = await take(test, 300);
  assert.equal(cursors.length, 300);
  assert.ok(tookMs >= 2900, `300 reads took ${tookMs} ms`);
  await ended(test);
});
