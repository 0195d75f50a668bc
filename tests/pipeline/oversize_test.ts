import assert from "node:assert/strict";
import { cutOversize } from "../../src/pipeline/oversize.ts";
import type { UnsendableEvent } from "../../src/pipeline/page_transcoder.ts";
import { Recorder } from "../consumer/recorder.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { BatcherHarness } from "./batcher_harness.ts";
import { fakeSource } from "./fake_source.ts";
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

const decisions: [
  sentence: string,
  oversize: "park" | "truncate",
  kind: UnsendableEvent["kind"],
  event: string,
  isCut: boolean,
][] = [
  ["cuts what is too large with truncate", "truncate", "oversize", `{"msg":"${HUGE}"}`, true],
  ["cuts nothing with park", "park", "oversize", `{"msg":"${HUGE}"}`, false],
  ["leaves a malformed log as it is", "truncate", "malformed", `{"msg":"${HUGE}"}`, false],
  ["leaves what is too large even when cut", "truncate", "oversize", `{"${HUGE}":"a"}`, false],
];
for (const [sentence, oversize, kind, event, isCut] of decisions) {
  Deno.test(`cutOversize() ${sentence}`, () => {
    const recorder = new Recorder();
    const { context } = fakeSource({
      clock: new FakeClock(),
      recorder,
      batches: { ...LIMITS, gzip: true, oversize },
    });
    const envelope = new TextEncoder().encode(`{"time":1,"event":${event}}`);
    const place = { shard: 3, cursor: "c" };
    const shorter = cutOversize(context, { kind, envelope, why: "it is large" }, place);
    assert.equal(shorter !== undefined && shorter.length <= LIMITS.maxEventBytes, isCut);
    assert.deepEqual(recorder.of("trouble").map(({ shard }) => shard), isCut ? [3] : []);
  });
}
