import assert from "node:assert/strict";
import fc from "fast-check";
import { Batch } from "../../src/hec/batch.ts";
import { cursorNumber } from "../../src/base/cursor_number.ts";
import { TranscodingLine } from "../../src/pipeline/page_line.ts";
import type { OpenPage } from "../../src/pipeline/page_puller.ts";
import { MalformedPage } from "../../src/transcode/malformed_page.ts";
import { cursorOf, eventOf, groupOf, messagesOf, openPageOf, plainRoute } from "./pages.ts";

const ROOMY = { maxBytes: 1_000_000, maxEvents: 1000, maxEventBytes: 4_000_000 };
/** Bytes of an event whose message is one letter. */
const EVENT_BYTES = bytesOf("a");

function bytesOf(message: string): number {
  const batch = new Batch(100);
  const line = new TranscodingLine(plainRoute, ROOMY);
  line.begin(openPageOf(1, [groupOf(message)]));
  line.fill(batch, new Batch(0), () => {});
  return batch.byteLength;
}

/** Fills batches until the page ends. @returns each batch's messages, and the sizes that were told. */
function run(line: TranscodingLine, page: OpenPage, skip = 0) {
  const batches: string[][] = [];
  const sizes: number[] = [];
  const overflow = new Batch(0);
  line.begin(page);
  line.skip(skip);
  for (;;) {
    const batch = new Batch(100);
    if (overflow.count > 0) batch.takeLastEventOf(overflow);
    const result = line.fill(batch, overflow, (bytes) => sizes.push(bytes));
    if (batch.count > 0) batches.push(messagesOf(batch));
    if (result === "page_end") return { batches, sizes };
  }
}

Deno.test("TranscodingLine writes the events of all groups, in order", () => {
  const page = openPageOf(1, [groupOf("a", "b"), { logs: [] }, groupOf("c")]);
  const { batches, sizes } = run(new TranscodingLine(plainRoute, ROOMY), page);
  assert.deepEqual(batches, [["a", "b", "c"]]);
  assert.deepEqual(sizes, [EVENT_BYTES, EVENT_BYTES, EVENT_BYTES]);
});

Deno.test("TranscodingLine has nothing to write for an empty page", () => {
  assert.deepEqual(run(new TranscodingLine(plainRoute, ROOMY), openPageOf(1, [])).batches, []);
});

Deno.test("TranscodingLine ends a batch at the number of events", () => {
  const line = new TranscodingLine(plainRoute, { ...ROOMY, maxEvents: 2 });
  const page = openPageOf(1, [groupOf("a", "b", "c", "d", "e")]);
  assert.deepEqual(run(line, page).batches, [["a", "b"], ["c", "d"], ["e"]]);
});

Deno.test("TranscodingLine moves the event that no longer fits to the next batch", () => {
  const page = openPageOf(1, [groupOf("a", "b", "c", "d", "e")]);
  const exact = new TranscodingLine(plainRoute, { ...ROOMY, maxBytes: 2 * EVENT_BYTES });
  assert.deepEqual(run(exact, page).batches, [["a", "b"], ["c", "d"], ["e"]]);
  const less = new TranscodingLine(plainRoute, { ...ROOMY, maxBytes: 3 * EVENT_BYTES - 1 });
  assert.deepEqual(run(less, page).batches, [["a", "b"], ["c", "d"], ["e"]]);
});

Deno.test("TranscodingLine sends an event above the limit alone", () => {
  const line = new TranscodingLine(plainRoute, { ...ROOMY, maxBytes: 3 * EVENT_BYTES });
  const huge = "x".repeat(5 * EVENT_BYTES);
  const page = openPageOf(1, [groupOf("a", huge, "b", "c"), groupOf(huge, huge)]);
  assert.deepEqual(run(line, page).batches, [["a"], [huge], ["b", "c"], [huge], [huge]]);
});

Deno.test("TranscodingLine keeps its batches within the limits, whatever the sizes", () => {
  const messages = fc.array(fc.nat(60).map((length) => "x".repeat(length)), {
    maxLength: 40,
    size: "max",
  });
  const limits = fc.record({
    maxBytes: fc.integer({ min: 1, max: 500 }),
    maxEvents: fc.integer({ min: 1, max: 6 }),
  }, { noNullPrototype: true });
  fc.assert(fc.property(fc.array(messages, { maxLength: 4 }), limits, (groups, limits) => {
    const page = openPageOf(1, groups.map((group) => groupOf(...group)));
    const { batches, sizes } = run(new TranscodingLine(plainRoute, { ...ROOMY, ...limits }), page);
    assert.deepEqual(batches.flat(), groups.flat());
    assert.equal(sizes.length, groups.flat().length);
    for (const batch of batches) {
      const bytes = batch.reduce((sum, message) => sum + bytesOf("a") + message.length - 1, 0);
      assert.ok(bytes <= limits.maxBytes || batch.length === 1);
      assert.ok(batch.length <= limits.maxEvents);
    }
  }));
});

Deno.test("TranscodingLine.skip() reads over events without writing them", () => {
  const page = openPageOf(1, [groupOf("a", "b"), groupOf("c", "d")]);
  const line = new TranscodingLine(plainRoute, ROOMY);
  assert.deepEqual(run(line, page, 3).batches, [["d"]]);
  assert.deepEqual(run(line, page, 4).batches, []);
  assert.throws(() => run(line, page, 5), MalformedPage);
});

const wrongCounts: [what: string, groupCount: number][] = [
  ["fewer groups than the page holds", 1],
  ["more groups than the page holds", 3],
];
for (const [what, groupCount] of wrongCounts) {
  Deno.test(`TranscodingLine refuses a page whose header tells of ${what}`, () => {
    const page = openPageOf(1, [groupOf("a"), groupOf("b")], { groupCount });
    const line = new TranscodingLine(plainRoute, ROOMY);
    assert.throws(() => run(line, page), (error) => {
      assert.ok(error instanceof MalformedPage);
      assert.match(error.message, new RegExp(`found 2 log groups, expected ${groupCount}`));
      return true;
    });
  });
}

Deno.test("TranscodingLine leaves whole events only when a page is cut", () => {
  const whole = openPageOf(1, [groupOf("a", "b"), groupOf("c")]);
  const page = { ...whole, raw: whole.raw.subarray(0, whole.raw.length - 2) };
  const line = new TranscodingLine(plainRoute, ROOMY);
  const batch = new Batch(100);
  line.begin(page);
  assert.throws(() => line.fill(batch, new Batch(0), () => {}), MalformedPage);
  assert.deepEqual(messagesOf(batch), ["a", "b"]);
  assert.equal(batch.out.length, batch.byteLength);
});

Deno.test("TranscodingLine numbers events by the groups' own cursors, or by the page's if it was filtered", () => {
  const route = { ...plainRoute, eventIdPrefix: "p/l/1/" };
  const ids = (page: OpenPage) => {
    const batch = new Batch(100);
    const line = new TranscodingLine(route, ROOMY);
    line.begin(page);
    line.fill(batch, new Batch(0), () => {});
    return Array.from({ length: batch.count }, (_, at) => eventOf(batch, at).fields?.sls_id);
  };
  const groups = [groupOf("a", "b"), groupOf("c")];
  assert.deepEqual(ids(openPageOf(700, groups)), ["p/l/1/700#0", "p/l/1/700#1", "p/l/1/701#0"]);
  const cursor = cursorOf(700);
  assert.deepEqual(ids(openPageOf(700, groups, { unfiltered: false })), [
    `p/l/1/${cursor}#0`,
    `p/l/1/${cursor}#1`,
    `p/l/1/${cursor}#2`,
  ]);
});

const cursors: [cursor: string, number: bigint | undefined][] = [
  ["MTQ0NzMyOTQwMTEwMjEzMDkwNA==", 1447329401102130904n],
  ["MTQ0NzMyOTQwMTEwMjEzMDkwNA", 1447329401102130904n], // without its padding
  ["MA==", 0n],
  ["", undefined],
  ["bm90IGEgbnVtYmVy", undefined],
  ["LTE=", undefined], // -1
  ["not base64!", undefined],
  [btoa("1".repeat(31)), undefined],
];
for (const [cursor, number] of cursors) {
  Deno.test(`cursorNumber() of "${cursor}" is ${number}`, () => {
    assert.equal(cursorNumber(cursor), number);
  });
}
