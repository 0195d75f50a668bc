import assert from "node:assert/strict";
import fc from "fast-check";
import { MalformedPage } from "../../src/core/malformed_page.ts";
import { settleInside } from "../support/fake_clock.ts";
import { BatcherHarness } from "./batcher_harness.ts";
import { groupOf, openPageOf, pageBytes } from "./pages.ts";

const message = fc.nat(40);
const page = fc.record({
  groups: fc.array(fc.array(message, { maxLength: 6 }), { maxLength: 4 }),
  /** How often the page comes cut before it comes whole, and behind how many groups. */
  cuts: fc.array(fc.nat(4), { maxLength: 2 }),
  accept: fc.nat(3),
  waitMs: fc.constantFrom(0, 400, 1000),
});
const limits = fc.record({
  maxBytes: fc.integer({ min: 60, max: 400 }),
  maxEvents: fc.integer({ min: 1, max: 5 }),
});

Deno.test("Batcher sends each event of each page once and in order, whatever the sizes and breaks", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(page, { maxLength: 8 }), limits, async (pages, limits) => {
      const test = new BatcherHarness(limits);
      test.delivery.holding = true;
      const expected: string[] = [];
      const tallies = [];
      let number = 0;
      for (const [at, { groups, cuts, accept, waitMs }] of pages.entries()) {
        const texts = groups.map((lengths) =>
          lengths.map((length) => `${number++}:${"x".repeat(length)}`)
        );
        const whole = texts.map((group) => groupOf(...group));
        const tally = test.newTally();
        tallies.push({ tally, events: texts.flat().length });
        for (const cut of cuts) {
          const raw = pageBytes(whole.slice(0, cut));
          const broken = new Uint8Array([...raw, 0x0a, 0x7f]); // a group that is not there
          const page = openPageOf(at, whole, { body: broken });
          await assert.rejects(test.add(page, tally), MalformedPage);
        }
        await test.add(openPageOf(at, whole), tally);
        expected.push(...texts.flat());
        await test.clock.advance(waitMs);
        for (const open of test.delivery.open.slice(0, accept).reverse()) open.accept();
        await settleInside();
      }
      test.batcher.flush();
      await settleInside();
      for (const open of test.delivery.open.reverse()) open.accept();
      await test.end();

      assert.deepEqual(test.delivery.messages, expected);
      assert.deepEqual(test.completed.toSorted((a, b) => a - b), pages.map((_, at) => at));
      for (const { tally, events } of tallies) assert.equal(tally.report.delivered, events);
      for (const { messages, bytes } of test.delivery.batches) {
        assert.ok(bytes <= limits.maxBytes || messages.length === 1);
        assert.ok(messages.length <= limits.maxEvents && messages.length > 0);
      }
    }),
    { numRuns: 200 },
  );
});
