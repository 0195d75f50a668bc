import assert from "node:assert/strict";
import { BatcherHarness } from "./batcher_harness.ts";
import { groupOf, openPageOf } from "./pages.ts";

const HUGE = "x".repeat(1000);
const LIMITS = { maxEvents: 10, maxEventBytes: 500 };

function batchesOf({ delivery }: BatcherHarness): string[][] {
  return delivery.batches.map(({ messages }) => messages);
}

const places: [sentence: string, messages: string[], sent: string[][]][] = [
  ["first", [HUGE, "a", "b"], [["a", "b"]]],
  ["in the middle", ["a", HUGE, "b"], [["a", "b"]]],
  ["last", ["a", "b", HUGE], [["a", "b"]]],
  ["alone", [HUGE], []],
  ["twice", [HUGE, HUGE, "a"], [["a"]]],
];
for (const [sentence, messages, sent] of places) {
  Deno.test(`Batcher parks an event that is too large, ${sentence}, and sends the others`, async () => {
    const test = new BatcherHarness(LIMITS);
    const tally = await test.add(openPageOf(1, [groupOf(...messages)]));
    await test.end();
    assert.deepEqual(batchesOf(test), sent);
    assert.deepEqual(
      test.tooLarge.map(({ place }) => place.indexInPage),
      messages.flatMap((message, i) => message === HUGE ? [i] : []),
    );
    assert.deepEqual(test.completed, [0]);
    const { delivered, parked } = tally.report;
    assert.equal(delivered, messages.filter((message) => message !== HUGE).length);
    assert.equal(parked, messages.length - delivered);
  });
}

Deno.test("Batcher sends a shortened event in the place of the one that was too large", async () => {
  const test = new BatcherHarness(LIMITS);
  test.shorten = (text) => text.replace(HUGE, "short");
  const tally = await test.add(openPageOf(1, [groupOf("a", HUGE, "b")]));
  await test.end();
  assert.deepEqual(batchesOf(test), [["a"], ["short", "b"]]);
  assert.deepEqual(
    test.delivery.batches.flatMap(({ places }) => places.map(({ indexInPage }) => indexInPage)),
    [0, 1, 2],
  );
  assert.deepEqual([tally.report.delivered, tally.report.parked], [3, 0]);
});
