import assert from "node:assert/strict";
import { SlsError } from "../../src/sls/sls_error.ts";
import { cursorOf, groupOf, pageBytes } from "./pages.ts";
import { ShardHarness, type ShardLimits } from "./shard_harness.ts";

const letters = [..."abcdefghijklmnopqrstuvwxyz"];
/** Log groups of one log each. */
const singles = (count: number) => letters.slice(0, count).map((letter) => groupOf(letter));

async function drained(stream: ShardHarness): Promise<void> {
  stream.revoke();
  assert.deepEqual(await stream.ended(), { kind: "drained" });
}

Deno.test("runShard() delivers every log in order, and reports each page", async () => {
  const stream = new ShardHarness();
  stream.pullLogs.groups = [groupOf("a", "b", "c"), groupOf(), groupOf("d")];
  await stream.start();
  await stream.clock.advance(2000);
  assert.deepEqual(stream.delivery.messages, ["a", "b", "c", "d"]);
  assert.equal(stream.reached, 3);
  assert.deepEqual([0, 1, 2].map((seq) => stream.reports.get(seq)?.delivered), [3, 0, 1]);
  const first = stream.reports.get(0);
  assert.equal(first?.rawBytes, pageBytes(stream.pullLogs.groups.slice(0, 1)).length);
  assert.ok(stream.caughtUp > 0);
  stream.pullLogs.groups.push(groupOf("e"));
  await stream.clock.advance(2000);
  assert.equal(stream.reached, 4);
  await drained(stream);
});

Deno.test("runShard() sends at once what no later page can join in time", async () => {
  const cases: [sentence: string, limits: Partial<ShardLimits>, sentAtOnce: string[]][] = [
    ["old when the next pull may come, as the page's end says", { fetchCount: 2 }, ["a"]],
    ["old when the next pull may come, as an empty pull says", { fetchCount: 1 }, ["a"]],
    ["it outlives the pause and waits to be filled", { maxAgeMs: 1500 }, []],
  ];
  for (const [sentence, limits, sentAtOnce] of cases) {
    const stream = new ShardHarness(limits);
    stream.pullLogs.groups = singles(1);
    await stream.start();
    assert.deepEqual(stream.delivery.messages, sentAtOnce, sentence);
    await stream.clock.advance(2000);
    assert.deepEqual(stream.delivery.messages, ["a"], sentence);
    await drained(stream);
  }
});

Deno.test("runShard() moves on over pages that a query left empty", async () => {
  const stream = new ShardHarness();
  stream.pullLogs.query = () => false;
  stream.pullLogs.groups = singles(5);
  await stream.start();
  assert.equal(stream.reached, 5);
  assert.deepEqual(stream.delivery.batches, []);
  assert.deepEqual([...stream.reports.values()].map(({ filtered }) => filtered), [1, 1, 1, 1, 1]);
  await drained(stream);
});

Deno.test("runShard() pulls the next pages while the one before is being sent", async () => {
  const stream = new ShardHarness({ batchMemoryBytes: 1 }); // one batch at a time
  stream.delivery.holding = true;
  stream.pullLogs.groups = singles(20);
  await stream.start();
  await stream.clock.advance(60_000);
  assert.deepEqual(stream.delivery.messages, ["a", "b"]);
  // Beside the two pages under way: one in the works, one that waits, one that was pulled, three ahead.
  assert.deepEqual(stream.pullLogs.asked, [0, 1, 2, 3, 4, 5, 6]);
  stream.delivery.holding = false;
  stream.delivery.open[0]!.accept();
  await stream.clock.advance(2000);
  assert.deepEqual(stream.delivery.messages, letters.slice(0, 20));
  assert.equal(stream.reached, 20);
  await drained(stream);
});

Deno.test("runShard() stays within its memory while Splunk takes nothing", async () => {
  const MIB = 1024 * 1024;
  const limits = { pageMemoryBytes: 6 * MIB, batchMemoryBytes: 3 * MIB, maxBytes: 200_000 };
  const stream = new ShardHarness({ ...limits, fetchCount: 2, maxEvents: 1000 });
  stream.delivery.holding = true;
  stream.pullLogs.groups = Array.from({ length: 200 }, () => groupOf("x".repeat(400_000)));
  await stream.start();
  for (let minutes = 0; minutes < 10; minutes++) {
    await stream.clock.advance(60_000);
    assert.ok(stream.pageMemory.reservedBytes <= limits.pageMemoryBytes);
    assert.ok(stream.batchShare.reservedBytes <= limits.batchMemoryBytes);
  }
  assert.ok(stream.pullLogs.requests.length < 12, `${stream.pullLogs.requests.length} pulls`);
  assert.equal(stream.reached, 0);
  stream.delivery.holding = false;
  for (const open of stream.delivery.open) open.accept();
  for (let seconds = 0; seconds < 10; seconds++) await stream.clock.advance(1000);
  assert.equal(stream.reached, 200);
  assert.equal(stream.delivery.messages.length, 200);
  await drained(stream);
});

Deno.test("runShard() that is revoked pulls no more, and ends when everything it has read is delivered", async () => {
  const stream = new ShardHarness({ batchMemoryBytes: 1 });
  stream.delivery.holding = true;
  stream.pullLogs.groups = singles(20);
  await stream.start();
  const pulls = stream.pullLogs.requests.length;
  stream.revoke();
  await stream.clock.advance(60_000);
  assert.equal(stream.end, undefined);
  stream.delivery.holding = false;
  stream.delivery.open[0]!.accept();
  assert.deepEqual(await stream.ended(), { kind: "drained" });
  assert.equal(stream.pullLogs.requests.length, pulls);
  assert.equal(stream.reached, pulls); // each of them is delivered, the last batch before it is old
  assert.deepEqual(stream.delivery.messages, letters.slice(0, pulls));
});

Deno.test("runShard() that is revoked before it began has nothing to do", async () => {
  const stream = new ShardHarness();
  stream.pullLogs.groups = singles(3);
  stream.revoke();
  await stream.start();
  assert.deepEqual(await stream.ended(), { kind: "drained" });
  assert.deepEqual(stream.pullLogs.requests, []);
});

/** Streams that are busy in different ways. */
const busy: [how: string, make: () => ShardHarness][] = [
  ["while Splunk takes nothing", () => {
    const stream = new ShardHarness({ batchMemoryBytes: 1 });
    stream.delivery.holding = true;
    return stream;
  }],
  ["with a batch that is neither full nor old", () => {
    const stream = new ShardHarness({ maxEvents: 1000 });
    stream.pullLogs.groups = singles(3);
    return stream;
  }],
  ["while a pull is under way", () => {
    const stream = new ShardHarness();
    stream.pullLogs.fault = () => "hang";
    return stream;
  }],
  ["at the end of the shard", () => {
    const stream = new ShardHarness();
    stream.pullLogs.groups = [];
    return stream;
  }],
  ["before it pulls a broken page again", () => {
    const stream = new ShardHarness();
    stream.pullLogs.fault = () => ({ cutBehind: 0 });
    return stream;
  }],
];
for (const [how, make] of busy) {
  for (const revokedToo of [true, false]) {
    Deno.test(`runShard() that is lost ${revokedToo ? "and revoked " : ""}${how} drops all at once`, async () => {
      const stream = make();
      if (how !== "at the end of the shard") stream.pullLogs.groups.push(...singles(20));
      await stream.start();
      const { reached } = stream;
      const batches = stream.delivery.batches.length;
      stream.lose();
      if (revokedToo) stream.revoke();
      assert.deepEqual(await stream.ended(), { kind: "lost" });
      assert.equal(stream.delivery.batches.length, batches);
      assert.equal(stream.reached, reached);
    });
  }
}

for (const kind of ["invalid_cursor", "shard_missing"] as const) {
  Deno.test(`runShard() ends at ${kind} when everything before it is delivered`, async () => {
    const stream = new ShardHarness({ maxEvents: 2 });
    stream.delivery.holding = true;
    stream.pullLogs.groups = singles(5);
    stream.pullLogs.fault = ({ cursor }) =>
      Number(atob(cursor)) === 3 ? new SlsError(kind, "refused") : undefined;
    await stream.start();
    await stream.clock.advance(500);
    assert.equal(stream.end, undefined);
    for (const open of stream.delivery.open) open.accept();
    const end = await stream.ended();
    assert.deepEqual(end, {
      ...(kind === "shard_missing" ? { kind: "gone" } : { kind, cursor: btoa("3") }),
      message: "refused",
    });
    assert.equal(stream.reached, 3);
    assert.deepEqual(stream.delivery.messages, ["a", "b", "c"]);
  });
}

Deno.test("runShard() ends at the end cursor, with everything before it done, and reads nothing behind it", async () => {
  const shard = new ShardHarness({ endCursor: cursorOf(3) });
  shard.pullLogs.groups = ["a", "b", "c", "d"].map((id) => groupOf(id));
  await shard.start();
  assert.deepEqual(await shard.ended(), { kind: "drained" });
  assert.deepEqual(shard.delivery.messages, ["a", "b", "c"]);
  assert.equal(shard.reached, 3);
});

Deno.test("runShard() waits for the deliveries when it has read to the end cursor", async () => {
  const shard = new ShardHarness({ endCursor: cursorOf(1) });
  shard.pullLogs.groups = [groupOf("a"), groupOf("b")];
  shard.delivery.holding = true;
  await shard.start();
  assert.equal(shard.end, undefined);
  shard.delivery.open[0]!.accept();
  assert.deepEqual(await shard.ended(), { kind: "drained" });
  assert.equal(shard.reached, 1);
});

Deno.test("runShard() pulls a last page again that proved unreadable, and ends after it", async () => {
  const shard = new ShardHarness({ endCursor: cursorOf(2) });
  shard.pullLogs.groups = [groupOf("a"), groupOf("b"), groupOf("c")];
  let broken = true;
  shard.pullLogs.fault = ({ cursor }) => {
    if (cursor !== cursorOf(1) || !broken) return undefined;
    broken = false;
    return { cutBehind: 0 };
  };
  await shard.start();
  assert.equal(shard.end, undefined);
  await shard.clock.advance(1000);
  assert.deepEqual(await shard.ended(), { kind: "drained" });
  assert.deepEqual([shard.rewinds, shard.reached], [[1], 2]);
  assert.deepEqual(shard.delivery.messages, ["a", "b"]);
});

Deno.test("runShard() pulls nothing when it starts at the end cursor", async () => {
  const shard = new ShardHarness({ endCursor: cursorOf(0) });
  shard.pullLogs.groups = [groupOf("a")];
  await shard.start();
  assert.deepEqual(await shard.ended(), { kind: "drained" });
  assert.deepEqual(shard.pullLogs.requests, []);
});
