import assert from "node:assert/strict";
import fc from "fast-check";
import { backoffMs } from "../../src/base/backoff.ts";

const options = { baseMs: 500, capMs: 30_000 };
const ALMOST_ONE = 1 - 2 ** -53;

Deno.test("backoffMs() doubles its bound up to the cap", () => {
  const bounds = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((attempt) =>
    backoffMs(options, attempt, () => ALMOST_ONE)
  );
  assert.deepEqual(bounds, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

Deno.test("backoffMs() spreads from nothing to the bound", () => {
  assert.equal(backoffMs(options, 3, () => 0), 0);
  assert.equal(backoffMs(options, 3, () => 0.25), 500);
});

Deno.test("backoffMs() puts the jitter on top of what the other side asked for", () => {
  assert.equal(backoffMs(options, 1, () => 0, 7000), 7000);
  assert.equal(backoffMs(options, 1, () => 0.5, 7000), 7250);
});

Deno.test("backoffMs() is a whole number within its bounds, however many tries failed", () => {
  const random = fc.double({ min: 0, max: ALMOST_ONE, noNaN: true });
  fc.assert(fc.property(fc.integer({ min: 1, max: 1_000_000 }), random, (attempt, random) => {
    const ms = backoffMs(options, attempt, () => random);
    assert.ok(Number.isInteger(ms) && ms >= 0 && ms <= options.capMs);
  }));
});
