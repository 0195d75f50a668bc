import assert from "node:assert/strict";
import fc from "fast-check";
import { Core } from "../../src/core/core.ts";
import { BatchBuffer } from "../../src/core/batch_buffer.ts";
import { encodeLz4Block } from "../../src/emulator/core/sls/encode_lz4_block.ts";
import { groupOf, pageBytes } from "../pipeline/pages.ts";
import { corePage, ROOMY } from "./transcode_page.ts";

const decoder = new TextDecoder();

/** The events of a draft that the core holds or has put aside. */
function textsOf(core: Core, draft: BatchBuffer): string[] {
  const events = core.eventsOf(draft);
  let from = 0;
  return Array.from(core.endsOf(draft), (to) => {
    const event = decoder.decode(events.subarray(from, to));
    from = to;
    return event.startsWith("{") ? JSON.parse(event).event.msg : event;
  });
}

/** A page of one log a message, as one LZ4 block where that is smaller. */
function pageOf(messages: readonly string[], isLz4: boolean) {
  const raw = pageBytes([groupOf(...messages)]);
  const body = isLz4 ? encodeLz4Block(raw) : raw;
  return { ...corePage(raw), body, isLz4 };
}

const message = fc.string({ minLength: 1, maxLength: 40 }).map((text) => text.toWellFormed());
/** What is done to one of three drafts, in turn. */
const step = fc.record({
  draft: fc.nat(2),
  action: fc.oneof(
    fc.record({ page: fc.array(message, { maxLength: 8 }), isLz4: fc.boolean() }),
    fc.record({ append: message.map((text) => `x${text}`) }),
    fc.constant("clear" as const),
    fc.constant("deflate" as const),
    fc.record({ hugePage: fc.integer({ min: 1, max: 3 }) }),
  ),
});

Deno.test("Core keeps the events of each draft, whatever is done with others and the core meanwhile", () => {
  const core = new Core();
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30, size: "max" }), (steps) => {
      const drafts = [new BatchBuffer(), new BatchBuffer(), new BatchBuffer()];
      const expected: string[][] = [[], [], []];
      for (const { draft: at, action } of steps) {
        const draft = drafts[at]!;
        if (action === "clear") {
          core.clear(draft);
          expected[at] = [];
        } else if (action === "deflate") core.deflate(new Uint8Array(100_000).fill(at));
        else if ("append" in action) {
          core.append(draft, new TextEncoder().encode(action.append));
          expected[at]!.push(action.append);
        } else {
          const messages = "page" in action
            ? action.page
            : ["a", "h".repeat(action.hugePage * 1_200_000), "z"];
          const page = pageOf(messages, "page" in action && action.isLz4);
          assert.equal(core.begin(page), 1);
          assert.equal(core.fill(page, draft, ROOMY), "page_end");
          expected[at]!.push(...messages);
        }
      }
      for (const [at, draft] of drafts.entries()) {
        assert.deepEqual(textsOf(core, draft), expected[at]);
        assert.equal(draft.count, expected[at]!.length);
      }
    }),
    { numRuns: 150 },
  );
});

Deno.test("Core continues with a page into another draft where the first was full", () => {
  const core = new Core();
  const messages = Array.from({ length: 9 }, (_, i) => `message ${i}`);
  const page = pageOf(messages, false);
  core.begin(page);
  const texts: string[][] = [];
  for (;;) {
    const draft = new BatchBuffer();
    const end = core.fill(page, draft, { ...ROOMY, maxEvents: 4 });
    texts.push(textsOf(core, draft));
    if (end === "page_end") break;
    assert.equal(end, "full");
  }
  assert.deepEqual(texts, [messages.slice(0, 4), messages.slice(4, 8), messages.slice(8)]);
});

Deno.test("Core compresses a draft in place, without touching the draft beside it", () => {
  const core = new Core();
  const [one, other] = [new BatchBuffer(), new BatchBuffer()];
  for (const [draft, mark] of [[one, "a"], [other, "b"]] as const) {
    const page = pageOf(Array.from({ length: 50 }, (_, i) => `${mark}${i}`), true);
    core.begin(page);
    core.fill(page, draft, ROOMY);
  }
  core.deflate(core.eventsOf(one));
  core.clear(one);
  assert.equal(one.byteLength, 0);
  assert.deepEqual(textsOf(core, other), Array.from({ length: 50 }, (_, i) => `b${i}`));
});
