import assert from "node:assert/strict";
import fc from "fast-check";
import { core } from "../../src/core/core.ts";
import { BatchBuffer } from "../../src/core/batch_buffer.ts";
import { Batch } from "../../src/core/batch.ts";
import { PageTranscoder, type UnsendableEvent } from "../../src/pipeline/page_transcoder.ts";
import type { OpenPage } from "../../src/pipeline/open_page.ts";
import { MalformedPage } from "../../src/core/malformed_page.ts";
import { bytes, join, number } from "../core/page_writer.ts";
import { cursorOf, eventOf, groupOf, messagesOf, openPageOf, plainMapping } from "./pages.ts";

const ROOMY = { maxBytes: 1_000_000, maxEvents: 1000, maxEventBytes: 4_000_000 };
/** Bytes of an event whose message is one letter. */
const EVENT_BYTES = bytesOf("a");

function bytesOf(message: string): number {
  const draft = new BatchBuffer();
  const line = new PageTranscoder(plainMapping, ROOMY);
  line.begin(openPageOf(1, [groupOf(message)]));
  line.fill(draft);
  return draft.byteLength;
}

function packed(draft: BatchBuffer): Batch {
  return new Batch(core.eventsOf(draft), core.endsOf(draft), true);
}

/** Fills batches until the page ends. @returns each batch's messages, and the events left out. */
function run(line: PageTranscoder, page: OpenPage) {
  const batches: string[][] = [];
  const lone: UnsendableEvent[] = [];
  line.begin(page);
  for (;;) {
    const draft = new BatchBuffer();
    const end = line.fill(draft);
    if (end !== "page_end" && end !== "full") lone.push(end);
    if (draft.count > 0) batches.push(messagesOf(packed(draft)));
    if (end === "page_end") return { batches, lone };
  }
}

Deno.test("PageTranscoder writes the events of all groups, in order", () => {
  const page = openPageOf(1, [groupOf("a", "b"), { logs: [] }, groupOf("c")]);
  assert.deepEqual(run(new PageTranscoder(plainMapping, ROOMY), page).batches, [["a", "b", "c"]]);
});

Deno.test("PageTranscoder has nothing to write for an empty page", () => {
  assert.deepEqual(run(new PageTranscoder(plainMapping, ROOMY), openPageOf(1, [])).batches, []);
});

Deno.test("PageTranscoder ends a batch at the number of events", () => {
  const line = new PageTranscoder(plainMapping, { ...ROOMY, maxEvents: 2 });
  const page = openPageOf(1, [groupOf("a", "b", "c", "d", "e")]);
  assert.deepEqual(run(line, page).batches, [["a", "b"], ["c", "d"], ["e"]]);
});

Deno.test("PageTranscoder moves the event that no longer fits to the next batch", () => {
  const page = openPageOf(1, [groupOf("a", "b", "c", "d", "e")]);
  const exact = new PageTranscoder(plainMapping, { ...ROOMY, maxBytes: 2 * EVENT_BYTES });
  assert.deepEqual(run(exact, page).batches, [["a", "b"], ["c", "d"], ["e"]]);
  const less = new PageTranscoder(plainMapping, { ...ROOMY, maxBytes: 3 * EVENT_BYTES - 1 });
  assert.deepEqual(run(less, page).batches, [["a", "b"], ["c", "d"], ["e"]]);
});

Deno.test("PageTranscoder sends an event above the limit alone", () => {
  const line = new PageTranscoder(plainMapping, { ...ROOMY, maxBytes: 3 * EVENT_BYTES });
  const huge = "x".repeat(5 * EVENT_BYTES);
  const page = openPageOf(1, [groupOf("a", huge, "b", "c"), groupOf(huge, huge)]);
  assert.deepEqual(run(line, page).batches, [["a"], [huge], ["b", "c"], [huge], [huge]]);
});

Deno.test("PageTranscoder keeps its batches within the limits, whatever the sizes", () => {
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
    const { batches } = run(new PageTranscoder(plainMapping, { ...ROOMY, ...limits }), page);
    assert.deepEqual(batches.flat(), groups.flat());
    for (const batch of batches) {
      const bytes = batch.reduce((sum, message) => sum + bytesOf("a") + message.length - 1, 0);
      assert.ok(bytes <= limits.maxBytes || batch.length === 1);
      assert.ok(batch.length <= limits.maxEvents);
    }
  }));
});

Deno.test("PageTranscoder leaves an event above the limit for one event out, and continues behind it", () => {
  const line = new PageTranscoder(plainMapping, { ...ROOMY, maxEventBytes: EVENT_BYTES });
  const { batches, lone } = run(line, openPageOf(1, [groupOf("a", "too long", "b")]));
  assert.deepEqual(batches, [["a"], ["b"]]);
  assert.deepEqual(lone.map(({ kind, why }) => [kind, why]), [
    ["oversize", `larger than hec.max_event_bytes (${EVENT_BYTES})`],
  ]);
  assert.equal(JSON.parse(new TextDecoder().decode(lone[0]!.envelope)).event.msg, "too long");
});

Deno.test("PageTranscoder leaves a malformed log out, returns its bytes, and continues behind it", () => {
  const group = join(bytes(1, number(1, 5)), bytes(1, Uint8Array.of(0x12, 9)), bytes(3, "t"));
  const raw = bytes(1, group);
  const { batches, lone } = run(
    new PageTranscoder(plainMapping, ROOMY),
    openPageOf(1, [], { body: raw, groupCount: 1 }),
  );
  assert.equal(batches.flat().length, 1);
  assert.deepEqual(lone.map(({ kind, why }) => [kind, why]), [
    ["malformed", "the log is malformed: a number or a field runs past its message"],
  ]);
  const { event } = JSON.parse(new TextDecoder().decode(lone[0]!.envelope));
  assert.deepEqual(event, { __topic__: "t", __source__: "", sls2hec_malformed_log: "1209" });
});

const wrongCounts: [what: string, groupCount: number][] = [
  ["fewer groups than the page holds", 1],
  ["more groups than the page holds", 3],
];
for (const [what, groupCount] of wrongCounts) {
  Deno.test(`PageTranscoder refuses a page whose header claims ${what}`, () => {
    const page = openPageOf(1, [groupOf("a"), groupOf("b")], { groupCount });
    const line = new PageTranscoder(plainMapping, ROOMY);
    assert.throws(() => run(line, page), (error) => {
      assert.ok(error instanceof MalformedPage);
      assert.match(error.message, new RegExp(`found 2 log groups, expected ${groupCount}`));
      return true;
    });
  });
}

Deno.test("PageTranscoder numbers events by the groups' own cursors, or by the page's if it was filtered", () => {
  const mapping = { ...plainMapping, eventIdPrefix: "p/l/1/" };
  const ids = (page: OpenPage) => {
    const draft = new BatchBuffer();
    const line = new PageTranscoder(mapping, ROOMY);
    line.begin(page);
    line.fill(draft);
    const batch = packed(draft);
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
