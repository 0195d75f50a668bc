import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";

/** Whether a sleep has ended after a few turns of real time. */
async function endsSoon(ms: number): Promise<boolean> {
  const stop = new AbortController();
  let ended = false;
  const sleeping = systemClock.sleep(ms, stop.signal).then(() => ended = true, () => {});
  await new Promise((resolve) => setTimeout(resolve, 10));
  const result = ended;
  stop.abort();
  await sleeping;
  return result;
}

const cases: [what: string, ms: number, soon: boolean][] = [
  ["no time", 0, true],
  ["a millisecond", 1, true],
  ["an hour", 3_600_000, false],
  ["the longest single timer", 2 ** 31 - 1, false],
  ["more than the longest single timer", 2 ** 31, false],
  ["twice the longest single timer", 2 * (2 ** 31 - 1), false],
];
for (const [what, ms, soon] of cases) {
  Deno.test(`systemClock.sleep() of ${what} ends ${soon ? "soon" : "later"}`, async () => {
    assert.equal(await endsSoon(ms), soon);
  });
}

Deno.test("systemClock.sleep() throws the signal's reason at once", async () => {
  const reason = new Error("stop");
  await assert.rejects(systemClock.sleep(3_600_000, AbortSignal.abort(reason)), reason);
  const stop = new AbortController();
  const sleeping = systemClock.sleep(3_600_000, stop.signal);
  stop.abort(reason);
  await assert.rejects(sleeping, reason);
});

Deno.test("systemClock gives wall time in milliseconds, and a time that never goes back", () => {
  assert.ok(Math.abs(systemClock.nowMs() - Date.now()) < 1000);
  const before = systemClock.monotonicMs();
  assert.ok(systemClock.monotonicMs() >= before);
});
