import assert from "node:assert/strict";
import { MalformedPage } from "../../src/core/malformed_page.ts";
import { settleInside } from "../support/fake_clock.ts";
import { BatcherHarness, MAX_AGE_MS } from "./batcher_harness.ts";
import { cursorOf, groupOf, openPageOf } from "./pages.ts";

/** A page whose last log group is cut off in the middle. */
function cutPage(at: number, ...messages: string[]) {
  const page = openPageOf(at, [groupOf(...messages), groupOf("cut")]);
  return { ...page, body: page.body.subarray(0, -1), rawBytes: page.rawBytes - 1 };
}

function batchesOf({ delivery }: BatcherHarness): string[][] {
  return delivery.batches.map(({ messages }) => messages);
}

Deno.test("Batcher packs events in log order across pages, and sends a batch when it is full", async () => {
  const test = new BatcherHarness({ maxEvents: 3 });
  await test.add(openPageOf(1, [groupOf("a", "b"), groupOf("c", "d")]));
  await test.add(openPageOf(3, [groupOf("e")]));
  await test.add(openPageOf(4, [groupOf("f", "g")]));
  await settleInside();
  assert.deepEqual(batchesOf(test), [["a", "b", "c"], ["d", "e", "f"]]);
  assert.deepEqual(test.completed, [0, 1]);
  await test.end();
  assert.deepEqual(batchesOf(test).at(-1), ["g"]);
  assert.deepEqual(test.completed, [0, 1, 2]);
});

Deno.test("Batcher knows where each event of a batch comes from", async () => {
  const test = new BatcherHarness({ maxEvents: 4 });
  const tallies = [test.newTally(), test.newTally()];
  await test.add(openPageOf(1, [groupOf("a", "b", "c")]), tallies[0]);
  await test.add(openPageOf(2, [groupOf("d", "e")]), tallies[1]);
  await test.end();
  const [of0, of1] = tallies.map(({ cursor }) => cursor);
  assert.deepEqual(test.delivery.batches.map(({ places }) => places), [
    [
      { cursor: of0, indexInPage: 0 },
      { cursor: of0, indexInPage: 1 },
      { cursor: of0, indexInPage: 2 },
      { cursor: of1, indexInPage: 0 },
    ],
    [{ cursor: of1, indexInPage: 1 }],
  ]);
});

Deno.test("Batcher knows the place of an event that did not fit the batch before", async () => {
  const test = new BatcherHarness({ maxBytes: 150, maxEvents: 10 });
  const long = "x".repeat(100);
  await test.add(openPageOf(1, [groupOf("a", long, "b", "c")]));
  await test.end();
  assert.deepEqual(batchesOf(test), [["a"], [long], ["b", "c"]]);
  assert.deepEqual(
    test.delivery.batches.flatMap(({ places }) => places.map((at) => at.indexInPage)),
    [
      0,
      1,
      2,
      3,
    ],
  );
});

Deno.test("Batcher sends an open batch off when it is old", async () => {
  const test = new BatcherHarness({ maxEvents: 10 });
  await test.add(openPageOf(1, [groupOf("a")]));
  await test.clock.advance(MAX_AGE_MS - 1);
  await test.add(openPageOf(2, [groupOf("b")]));
  assert.deepEqual(batchesOf(test), []);
  await test.clock.advance(1);
  assert.deepEqual(batchesOf(test), [["a", "b"]]);
  await test.add(openPageOf(3, [groupOf("c")]));
  await test.clock.advance(MAX_AGE_MS - 1);
  assert.equal(test.delivery.batches.length, 1); // its own age, not that of the batch before
  await test.clock.advance(1);
  assert.equal(test.delivery.batches.length, 2);
  await test.end();
});

Deno.test("Batcher reports each page once, when its last event is settled", async () => {
  const test = new BatcherHarness({ maxEvents: 2 });
  test.delivery.holding = true;
  await test.add(openPageOf(1, [groupOf("a", "b", "c")]));
  await test.add(openPageOf(2, [groupOf("d", "e")]));
  test.batcher.flush();
  await settleInside();
  const [first, second, third] = test.delivery.batches;
  third!.accept();
  second!.accept();
  await settleInside();
  assert.deepEqual(test.completed, [1]);
  first!.accept();
  await settleInside();
  assert.deepEqual(test.completed, [1, 0]);
  await test.end();
});

Deno.test("Batcher completes a page without events at once, and takes no memory for it", async () => {
  const test = new BatcherHarness({ maxEvents: 3 }, 1000);
  test.delivery.holding = true;
  await test.add(openPageOf(1, [groupOf("a", "b")])); // its batch uses the memory up
  test.batcher.flush();
  await test.add(openPageOf(2, []));
  assert.deepEqual(test.completed, [1]);
  await settleInside();
  test.delivery.open[0]!.accept();
  await test.add(openPageOf(3, [{ logs: [] }])); // a group without logs
  assert.deepEqual(test.completed, [1, 0, 2]);
  assert.equal(test.share.reservedBytes, 0);
  await test.end();
});

Deno.test("Batcher keeps no empty batch behind a page that filled the last one", async () => {
  const test = new BatcherHarness({ maxEvents: 2 });
  await test.add(openPageOf(1, [groupOf("a", "b")]));
  await settleInside();
  assert.deepEqual(test.completed, [0]);
  assert.equal(test.share.reservedBytes, 0);
  await test.end();
});

Deno.test("Batcher counts resends with the first page of a batch, and parked events with their own", async () => {
  const test = new BatcherHarness({ maxEvents: 4 });
  test.delivery.holding = true;
  const first = await test.add(openPageOf(1, [groupOf("a", "b")]));
  const second = await test.add(openPageOf(2, [groupOf("c", "d")]));
  await settleInside();
  test.delivery.open[0]!.accept({ parked: [1, 2, 3], resends: 2, ackTimeouts: 1 });
  await test.end();
  const counts = [first, second].map(({ report }) => [
    report.delivered,
    report.parked,
    report.resends,
    report.ackTimeouts,
  ]);
  assert.deepEqual(counts, [[1, 1, 2, 1], [0, 2, 0, 0]]);
});

Deno.test("Batcher waits for memory, and sends what it built meanwhile", async () => {
  const test = new BatcherHarness({ maxEvents: 1 }, 1000); // one batch at a time
  test.delivery.holding = true;
  let added = false;
  const adding = test.add(openPageOf(1, [groupOf("a", "b", "c")])).then(() => added = true);
  await settleInside();
  assert.deepEqual(test.delivery.messages, ["a"]);
  assert.equal(added, false);
  test.delivery.open[0]!.accept();
  await settleInside();
  assert.deepEqual(test.delivery.messages, ["a", "b"]);
  test.delivery.holding = false;
  for (const open of test.delivery.open) open.accept();
  await adding;
  await test.end();
});

Deno.test("Batcher takes nothing of a page that is cut, and all of it when it comes whole", async () => {
  const test = new BatcherHarness({ maxEvents: 2 });
  await test.add(openPageOf(1, [groupOf("a")]));
  const tally = test.newTally();
  await assert.rejects(test.add(cutPage(2, "b", "c", "d"), tally), MalformedPage);
  assert.equal(tally.events, 0);
  await test.add(openPageOf(2, [groupOf("b", "c", "d")]), tally);
  await test.end();
  assert.deepEqual(batchesOf(test), [["a", "b"], ["c", "d"]]);
  assert.deepEqual(test.completed, [0, 1]);
});

Deno.test("Batcher takes nothing of a page whose header counts other groups", async () => {
  const test = new BatcherHarness({ maxEvents: 2 });
  const page = openPageOf(1, [groupOf("a", "b"), groupOf("c")], { groupCount: 3 });
  await assert.rejects(test.add(page), MalformedPage);
  const empty = openPageOf(1, [], { groupCount: 1, cursor: cursorOf(9) });
  await assert.rejects(test.add(empty), MalformedPage);
  await test.end();
  assert.deepEqual(batchesOf(test), []);
  assert.deepEqual(test.completed, []);
});

Deno.test("Batcher resumes a page where it was after others have used the core", async () => {
  const letters = [..."abcdefghij"];
  const [one, other] = [0, 1].map(() => new BatcherHarness({ maxEvents: 1 }));
  const pages = ["", "x"].map((mark) =>
    openPageOf(1, letters.map((letter) => groupOf(`${letter}1${mark}`, `${letter}2${mark}`)))
  );
  await Promise.all([one!.add(pages[0]!), other!.add(pages[1]!)]);
  await Promise.all([one!.end(), other!.end()]);
  const expected = letters.flatMap((letter) => [`${letter}1`, `${letter}2`]);
  assert.deepEqual(one!.delivery.messages, expected);
  assert.deepEqual(other!.delivery.messages, expected.map((text) => `${text}x`));
});

Deno.test("Batcher drops what is open at once when it is lost, and sends nothing after", async () => {
  const test = new BatcherHarness({ maxEvents: 2 });
  test.delivery.holding = true;
  await test.add(openPageOf(1, [groupOf("a", "b", "c")]));
  await settleInside();
  test.lose();
  await test.tasks.join(); // without time passing
  test.batcher.drop();
  assert.deepEqual(test.delivery.batches.map(({ state }) => state), ["aborted"]);
  await test.clock.advance(MAX_AGE_MS);
  assert.deepEqual(test.completed, []);
  assert.equal(test.delivery.batches.length, 1);
  await test.end();
});

Deno.test("Batcher that is lost while it waits for memory ends there", async () => {
  const test = new BatcherHarness({ maxEvents: 1 }, 1000);
  test.delivery.holding = true;
  const adding = test.add(openPageOf(1, [groupOf("a", "b")]));
  await settleInside();
  const check = assert.rejects(adding, new Error("lost"));
  test.lose();
  await check;
  await test.end();
  assert.deepEqual(test.delivery.messages, ["a"]);
});

Deno.test("Batcher gives the memory of a batch back when its delivery fails, and passes the failure on", async () => {
  const test = new BatcherHarness();
  test.delivery.holding = true;
  await test.add(openPageOf(1, [groupOf("a", "b")]));
  await settleInside();
  const failure = new TypeError("undefined is not a function");
  test.delivery.open[0]!.fail(failure);
  await assert.rejects(test.tasks.join(), failure);
  assert.equal(test.share.reservedBytes, 0);
  assert.deepEqual(test.completed, []);
});

Deno.test("Batcher sends a batch off before it is full or old when others wait for its memory", async () => {
  const oneBatch = 1_250_000;
  const first = new BatcherHarness({ maxEvents: 10 }, oneBatch);
  const second = new BatcherHarness({ maxEvents: 10 }, oneBatch, first);
  const third = new BatcherHarness({ maxEvents: 10 }, oneBatch, first);
  await first.add(openPageOf(1, [groupOf("a")]));
  await settleInside();
  assert.deepEqual(batchesOf(first), []);
  await Promise.all([
    second.add(openPageOf(1, [groupOf("b")])),
    third.add(openPageOf(1, [groupOf("c")])),
  ]); // no time passes
  await settleInside();
  assert.deepEqual(batchesOf(first), [["a"]]);
  // One of them made way for the other, which nothing waits for.
  const others = [batchesOf(second), batchesOf(third)].filter((batches) => batches.length > 0);
  assert.equal(others.length, 1);
  assert.ok(["b", "c"].includes(others.flat(2).join()));
  for (const test of [third, second, first]) test.batcher.flush();
  await settleInside();
  for (const test of [third, second, first]) await test.end();
});

Deno.test("Batcher uses the memory of a body again, but not while a request that was given up may read it", async () => {
  const test = new BatcherHarness({ maxEvents: 1 });
  test.delivery.holding = true;
  const bodyOf = async (message: string) => {
    await test.add(openPageOf(1, [groupOf(message)]));
    await settleInside();
    return test.delivery.batches.at(-1)!;
  };
  const [first, second] = [await bodyOf("a"), await bodyOf("b")];
  assert.notEqual(second.body.buffer, first.body.buffer);
  const sent = second.body.slice();
  first.accept();
  second.accept({ resends: 1 });
  await settleInside();
  const [third, fourth] = [await bodyOf("c"), await bodyOf("d")];
  assert.equal(third.body.buffer, first.body.buffer);
  assert.notEqual(fourth.body.buffer, second.body.buffer);
  test.lose();
  await test.tasks.join();
  assert.deepEqual(second.body, sent);
  assert.deepEqual([third, fourth].map(({ state }) => state), ["aborted", "aborted"]);
  assert.ok(third.body.length > 0); // aborting takes a while down there
});
