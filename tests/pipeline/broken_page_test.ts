import assert from "node:assert/strict";
import { groupOf, pageBytes } from "./pages.ts";
import { ShardHarness, type ShardLimits } from "./shard_harness.ts";

async function drained(stream: ShardHarness): Promise<void> {
  stream.revoke();
  assert.deepEqual(await stream.ended(), { kind: "drained" });
}

/** Pages of three groups; the one at cursor 3 comes cut after a number of groups, a number of times. */
function withBrokenPage(
  cutBehind: number,
  times: number,
  limits: Partial<ShardLimits> = {},
): ShardHarness {
  const stream = new ShardHarness({ fetchCount: 3, maxEvents: 2, ...limits });
  stream.pullLogs.groups = [..."abcdefghi"].map((letter) => groupOf(letter));
  let left = times;
  stream.pullLogs.fault = ({ cursor }) =>
    Number(atob(cursor)) === 3 && left-- > 0 ? { cutBehind } : undefined;
  return stream;
}

Deno.test("runShard() pulls a broken page again, and sends nothing of it before it is whole", async () => {
  const stream = withBrokenPage(2, 1);
  await stream.start();
  assert.deepEqual(stream.rewinds, [1]);
  assert.equal(stream.reached, 3);
  const [trouble] = stream.recorder.of("trouble");
  assert.equal(trouble?.about, "p/l shard 1: read the page");
  assert.match(trouble?.message ?? "", /found 2 log groups, expected 3.*shard 1 at cursor Mw==/);
  assert.equal(trouble?.held, true);
  // One line, however many shards a gateway breaks.
  assert.deepEqual(trouble?.cause, { what: "Reading the pages of p/l", kind: "broken page" });
  await stream.clock.advance(10_000);
  assert.deepEqual(stream.delivery.messages, [..."abcdefghi"]);
  assert.equal(stream.reached, 9);
  assert.equal(stream.reports.get(1)?.delivered, 3);
  assert.equal(
    stream.reports.get(1)?.rawBytes,
    pageBytes(stream.pullLogs.groups.slice(3, 6)).length,
  );
  assert.equal(stream.recorder.of("recovered").length, 1);
  await drained(stream);
});

Deno.test("runShard() waits longer each time the same page is broken, and never passes it", async () => {
  const stream = withBrokenPage(2, 4);
  await stream.start();
  await stream.clock.advance(500 + 1000 + 2000);
  assert.deepEqual(stream.rewinds, [1, 1, 1, 1]);
  assert.deepEqual(stream.recorder.of("trouble").map(({ retryInMs }) => retryInMs), [
    500,
    1000,
    2000,
    4000,
  ]);
  assert.equal(stream.reached, 3);
  await stream.clock.advance(10_000);
  assert.deepEqual(stream.delivery.messages, [..."abcdefghi"]);
  await drained(stream);
});

Deno.test("runShard() settles the pages before a broken one first", async () => {
  const stream = withBrokenPage(0, 1);
  stream.delivery.holding = true;
  await stream.start();
  await stream.clock.advance(60_000);
  assert.deepEqual(stream.rewinds, []);
  assert.deepEqual(stream.delivery.messages, [..."abc"]);
  stream.delivery.holding = false;
  for (const open of stream.delivery.open) open.accept();
  await stream.clock.advance(10_000);
  assert.deepEqual(stream.rewinds, [1]);
  assert.deepEqual(stream.delivery.messages, [..."abcdefghi"]);
  await drained(stream);
});

Deno.test("runShard() drops the pages that were pulled behind a broken one, and pulls them again", async () => {
  const stream = withBrokenPage(0, 1, { batchMemoryBytes: 1 }); // the first page waits for memory
  stream.delivery.holding = true;
  await stream.start();
  assert.deepEqual(stream.pullLogs.asked.slice(0, 3), [0, 3, 6]);
  stream.delivery.holding = false;
  for (const open of stream.delivery.open) open.accept();
  await stream.clock.advance(0);
  assert.deepEqual(stream.rewinds, [1]);
  assert.equal(stream.pageMemory.reservedBytes, 0);
  await stream.clock.advance(10_000);
  assert.deepEqual(stream.pullLogs.asked.filter((at) => at === 3 || at === 6), [3, 6, 3, 6]);
  assert.deepEqual(stream.delivery.messages, [..."abcdefghi"]);
  await drained(stream);
});

Deno.test("runShard() that is revoked before it pulls a broken page again leaves it to the next owner", async () => {
  const stream = withBrokenPage(2, 9);
  await stream.start();
  stream.revoke();
  assert.deepEqual(await stream.ended(), { kind: "drained" });
  assert.equal(stream.reached, 3);
  assert.deepEqual(stream.delivery.messages, [..."abc"]);
});

Deno.test("runShard() that is revoked while it settles a broken page's forerunners ends drained", async () => {
  const stream = withBrokenPage(2, 9);
  stream.delivery.holding = true;
  await stream.start();
  stream.revoke();
  await stream.clock.advance(100);
  assert.equal(stream.end, undefined);
  for (const open of stream.delivery.open) open.accept();
  assert.deepEqual(await stream.ended(), { kind: "drained" });
  assert.equal(stream.reached, 3);
});

/** Faults of the program itself: they must come out, at once, with nothing left behind. */
const faults: [what: string, bring: (stream: ShardHarness, fault: Error) => Promise<void>][] = [
  ["a delivery, with more to pull", async (stream, fault) => {
    stream.delivery.holding = true;
    await stream.start();
    stream.delivery.open[0]!.fail(fault);
  }],
  ["a delivery, at the end of the shard", async (stream, fault) => {
    stream.delivery.holding = true;
    stream.pullLogs.groups.length = 4;
    await stream.start();
    await stream.clock.advance(5000);
    stream.delivery.open[0]!.fail(fault);
  }],
  ["a delivery, while a pull is under way", async (stream, fault) => {
    stream.delivery.holding = true;
    stream.pullLogs.fault = ({ cursor }) => Number(atob(cursor)) === 4 ? "hang" : undefined;
    await stream.start();
    stream.delivery.open[0]!.fail(fault);
  }],
  ["the listener", async (stream, fault) => {
    stream.listenerFailure = fault;
    await stream.start();
  }],
];
for (const [what, bring] of faults) {
  Deno.test(`runShard() throws an unexpected error of ${what}`, async () => {
    const stream = new ShardHarness();
    stream.pullLogs.groups = [..."abcdefghi"].map((letter) => groupOf(letter));
    const fault = new TypeError("undefined is not a function");
    await bring(stream, fault);
    await stream.ended();
    assert.equal(stream.error, fault);
  });
}
