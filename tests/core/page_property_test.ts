import assert from "node:assert/strict";
import fc from "fast-check";
import { Core } from "../../src/core/core.ts";
import { damage, page, route } from "./pages.ts";
import { POSITION, reference, transcode, transcodeWith } from "./transcode_page.ts";

const position = fc.record({
  firstGroup: fc.constantFrom(undefined, 0n, 7n, 2n ** 70n),
  pageCursor: fc.constantFrom("MTAw", "", 'a"b\\'),
});

Deno.test("Core writes what the slow reference writes, for any page and route", () => {
  fc.assert(
    fc.property(page, route, position, (bytes, withRoute, at) => {
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
    fc.property(pages, route, (list, withRoute) => {
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
    fc.property(page, damage, route, (bytes, harm, withRoute) => {
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

Deno.test("Core goes on well after a broken page", () => {
  fc.assert(
    fc.property(page, damage, page, route, (first, harm, second, withRoute) => {
      const core = new Core();
      transcodeWith(core, harm(first), withRoute);
      assert.deepEqual(transcodeWith(core, second, withRoute), reference(second, withRoute));
    }),
    { numRuns: 800 },
  );
});
