import assert from "node:assert/strict";
import { RateLimit } from "../../src/base/rate_limit.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** Passes `count` times as fast as it may and gives when each passed. */
async function passes(clock: FakeClock, limit: RateLimit, count: number): Promise<number[]> {
  const at: number[] = [];
  const all = (async () => {
    for (let pass = 0; pass < count; pass++) {
      await limit.pass();
      at.push(clock.monotonicMs());
    }
  })();
  await clock.advance(100_000);
  await all;
  return at;
}

Deno.test("RateLimit lets a few through at once, then so many a second", async () => {
  const clock = FakeClock.inside();
  const at = await passes(clock, new RateLimit({ perSecond: 10, burst: 3 }, clock), 6);
  assert.deepEqual(at.map(Math.round), [0, 0, 0, 100, 200, 300]);
});

Deno.test("RateLimit never lets more through in a second than both together", async () => {
  const clock = FakeClock.inside();
  const at = await passes(clock, new RateLimit({ perSecond: 85, burst: 10 }, clock), 500);
  const most = Math.max(
    ...at.map((start, i) => at.slice(i).filter((t) => t < start + 1000).length),
  );
  assert.ok(most <= 95, `${most} in a second`);
});

Deno.test("RateLimit saves up no more than its burst", async () => {
  const clock = FakeClock.inside();
  const limit = new RateLimit({ perSecond: 10, burst: 2 }, clock);
  await clock.advance(60_000);
  const at = await passes(clock, limit, 4);
  assert.deepEqual(at.map((ms) => Math.round(ms - 60_000)), [0, 0, 100, 200]);
});

Deno.test("RateLimit counts none that gave up waiting", async () => {
  const clock = FakeClock.inside();
  const limit = new RateLimit({ perSecond: 1, burst: 1 }, clock);
  await limit.pass();
  const stop = new AbortController();
  const waiting = limit.pass(stop.signal);
  stop.abort(new Error("stop"));
  await assert.rejects(waiting, /stop/);
  await clock.advance(1000);
  await limit.pass();
  assert.equal(clock.monotonicMs(), 1000);
});
