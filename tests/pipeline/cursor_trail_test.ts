import assert from "node:assert/strict";
import { CursorTrail } from "../../src/pipeline/cursor_trail.ts";

/** Cursors passed until one is noticed to come again; undefined when none is. */
function passedUntilNoticed(cursors: Iterable<string>): number | undefined {
  let trail: CursorTrail | undefined;
  let passed = 0;
  for (const cursor of cursors) {
    if (trail?.has(cursor)) return passed;
    if (trail) trail.pass(cursor);
    else trail = new CursorTrail(cursor);
    passed++;
  }
  return undefined;
}

/** A path of this many cursors into a circle, which is walked ten times. */
function* circle(before: number, length: number): Generator<string> {
  for (let i = 0; i < before; i++) yield `before ${i}`;
  for (let i = 0; i < 10 * length; i++) yield `in ${i % length}`;
}

for (const length of [2, 3, 16]) {
  Deno.test(`CursorTrail notices a circle of ${length} cursors before one comes twice`, () => {
    for (const before of [0, 1, 1000]) {
      assert.equal(passedUntilNoticed(circle(before, length)), before + length);
    }
  });
}

for (const length of [17, 100, 5000]) {
  Deno.test(`CursorTrail notices a circle of ${length} cursors at last`, () => {
    for (const before of [0, 1, 1000]) {
      const passed = passedUntilNoticed(circle(before, length));
      assert.ok(passed !== undefined && passed <= 3 * (before + length) + 3, `${passed}`);
    }
  });
}

Deno.test("CursorTrail takes no cursor for one that was passed when none comes again", () => {
  assert.equal(passedUntilNoticed(Array.from({ length: 100_000 }, (_, i) => `${i}`)), undefined);
});
