import assert from "node:assert/strict";
import fc from "fast-check";
import { Backoff } from "../../src/base/backoff.ts";
import { FakeClock } from "../support/fake_clock.ts";

const options = { baseMs: 500, capMs: 30_000 };
const ALMOST_ONE = 1 - 2 ** -53;

/** The wait after failure number `attempt`. */
function waitAfter(attempt: number, random: number, floorMs = 0): number {
  const backoff = new Backoff(options, { clock: new FakeClock(), random: () => random });
  for (let failures = 1; failures < attempt; failures++) backoff.failed();
  return backoff.failed(floorMs);
}

Deno.test("Backoff doubles its bound up to the cap", () => {
  const bounds = [1, 2, 3, 4, 5, 6, 7, 8, 1000].map((attempt) => waitAfter(attempt, ALMOST_ONE));
  assert.deepEqual(bounds, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

Deno.test("Backoff spreads from nothing to the bound", () => {
  assert.equal(waitAfter(3, 0), 0);
  assert.equal(waitAfter(3, 0.25), 500);
});

Deno.test("Backoff puts the jitter on top of what the other side asked for", () => {
  assert.equal(waitAfter(1, 0, 7000), 7000);
  assert.equal(waitAfter(1, 0.5, 7000), 7250);
});

Deno.test("Backoff waits a whole number of milliseconds within its bounds, however many tries failed", () => {
  const random = fc.double({ min: 0, max: ALMOST_ONE, noNaN: true });
  fc.assert(fc.property(fc.integer({ min: 1, max: 5000 }), random, (attempt, random) => {
    const ms = waitAfter(attempt, random);
    assert.ok(Number.isInteger(ms) && ms >= 0 && ms <= options.capMs);
  }));
});

Deno.test("a Backoff waits longer after each failure, and begins again after a success", () => {
  const clock = new FakeClock();
  const backoff = new Backoff(options, { clock, random: () => ALMOST_ONE });
  assert.deepEqual([backoff.failures, backoff.waitMs], [0, 0]);
  assert.deepEqual([backoff.failed(), backoff.failed(), backoff.failed()], [500, 1000, 2000]);
  assert.deepEqual([backoff.failures, backoff.waitMs], [3, 2000]);
  backoff.succeeded();
  assert.deepEqual([backoff.failures, backoff.waitMs, backoff.failed()], [0, 0, 500]);
});

Deno.test("a Backoff's wait passes with the clock", async () => {
  const clock = new FakeClock();
  const backoff = new Backoff(options, { clock, random: () => ALMOST_ONE });
  backoff.failed();
  assert.equal(backoff.nextTryMs, 500);
  await clock.advance(400);
  assert.equal(backoff.waitMs, 100);
  await clock.advance(400);
  assert.equal(backoff.waitMs, 0);
});

Deno.test("a Backoff waits at least as long as the other side asks", () => {
  const clock = new FakeClock();
  const backoff = new Backoff(options, { clock, random: () => 0.5 });
  assert.equal(backoff.failed(7000), 7250);
});

Deno.test("a Backoff of steps waits exactly those, the last one again and again", () => {
  const clock = new FakeClock();
  const steps = new Backoff({ stepsMs: [60_000, 300_000, 900_000] }, { clock, random: () => 0.5 });
  const waits = [1, 2, 3, 4, 5].map(() => steps.failed());
  assert.deepEqual(waits, [60_000, 300_000, 900_000, 900_000, 900_000]);
  steps.succeeded();
  assert.equal(steps.failed(90_000), 90_000);
});
