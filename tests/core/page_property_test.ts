import assert from "node:assert/strict";
import fc from "fast-check";
import { Core } from "../../src/core/core.ts";
import { damage, mapping, page } from "./pages.ts";
import { writePage } from "./page_writer.ts";
import {
  corePage,
  fillInto,
  POSITION,
  reference,
  ROOMY,
  transcode,
  transcodeWith,
} from "./transcode_page.ts";

const position = fc.record({
  firstGroup: fc.constantFrom(undefined, 0n, 7n, 2n ** 70n),
  pageCursor: fc.constantFrom("MTAw", "", 'a"b\\'),
});

Deno.test("Core writes what the slow reference writes, for any page and mapping", () => {
  fc.assert(
    fc.property(page, mapping, position, (bytes, withRoute, at) => {
      const expected = reference(bytes, withRoute, at);
      assert.ok(expected.whole);
      assert.deepEqual(transcode(bytes, withRoute, at), expected);
    }),
    { numRuns: 2500 },
  );
});

Deno.test("Core writes the same whatever pages it has read before", () => {
  const pages = fc.array(page, { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(pages, mapping, (list, withRoute) => {
      const core = new Core();
      for (const bytes of list) {
        assert.deepEqual(
          transcodeWith(core, bytes, withRoute),
          reference(bytes, withRoute, POSITION),
        );
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("Core refuses a damaged page exactly where the slow reference does", () => {
  fc.assert(
    fc.property(page, damage, mapping, (bytes, harm, withRoute) => {
      const damaged = harm(bytes);
      assert.deepEqual(transcode(damaged, withRoute), reference(damaged, withRoute));
    }),
    { numRuns: 3000 },
  );
});

Deno.test("Core reads any bytes at all as the slow reference does", () => {
  const short = fc.array(fc.constantFrom(0x0a, 0x12, 0x08, 0x25, 0x1a, 0x32, 0, 1, 2, 3, 4, 0xff), {
    maxLength: 40,
  }).map((list) => new Uint8Array(list));
  fc.assert(
    fc.property(
      fc.oneof(short, fc.uint8Array({ maxLength: 200 })),
      (bytes) => assert.deepEqual(transcode(bytes), reference(bytes)),
    ),
    { numRuns: 3000 },
  );
});

Deno.test("Core works as before after a broken page", () => {
  fc.assert(
    fc.property(page, damage, page, mapping, (first, harm, second, withRoute) => {
      const core = new Core();
      transcodeWith(core, harm(first), withRoute);
      assert.deepEqual(transcodeWith(core, second, withRoute), reference(second, withRoute));
    }),
    { numRuns: 800 },
  );
});

const HUGE = writePage([
  { logs: [{ contents: [["a", "1"]] }, { contents: [["k", new Uint8Array(9 << 20).fill(1)]] }] },
  { topic: new Uint8Array(2 << 20).fill(0x61), logs: [{ contents: [["b", "2"]] }] },
]);

Deno.test("Core continues with each of several pages in turns, whatever room they need", () => {
  const oneByOne = { ...ROOMY, maxEvents: 1 };
  const turns = (core: Core, pages: readonly Uint8Array[], order: readonly number[]) => {
    const readings = pages.map((raw) => {
      const page = corePage(raw);
      assert.notEqual(typeof core.begin(page), "string");
      return { page, events: [] as string[], more: true };
    });
    for (const number of order) {
      const reading = readings[number % readings.length]!;
      reading.more &&= fillInto(reading.events, core, reading.page, oneByOne);
    }
    for (const { page, events, more } of readings) {
      for (let left = more; left;) left = fillInto(events, core, page, oneByOne);
    }
    return readings.map(({ events }) => events);
  };
  const expected = (pages: readonly Uint8Array[]) => pages.map((raw) => reference(raw).events);
  const core = new Core();
  fc.assert(
    fc.property(
      fc.array(page, { minLength: 2, maxLength: 4 }),
      fc.array(fc.nat(3), { maxLength: 30 }),
      (pages, order) => assert.deepEqual(turns(core, pages, order), expected(pages)),
    ),
    { numRuns: 300 },
  );
  const [small] = fc.sample(page, 1);
  const pages = [small!, HUGE, small!];
  assert.ok(
    JSON.stringify(turns(core, pages, [0, 1, 2, 1, 0, 1, 2])) === JSON.stringify(expected(pages)),
    "not what the reference writes",
  );
});
