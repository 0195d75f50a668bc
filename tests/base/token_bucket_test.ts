import assert from "node:assert/strict";
import { TokenBucket } from "../../src/base/token_bucket.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** Passes `count` times as fast as it may and gives when each passed. */
async function passes(clock: FakeClock, limit: TokenBucket, count: number): Promise<number[]> {
  const at: number[] = [];
  const all = (async () => {
    for (let pass = 0; pass < count; pass++) {
      await limit.take(1);
      at.push(clock.monotonicMs());
    }
  })();
  await clock.advance(100_000);
  await all;
  return at;
}

Deno.test("TokenBucket lets a burst through, then a fixed number per second", async () => {
  const clock = new FakeClock();
  const at = await passes(clock, new TokenBucket({ perSecond: 10, burst: 3 }, clock), 6);
  assert.deepEqual(at.map(Math.round), [0, 0, 0, 100, 200, 300]);
});

Deno.test("TokenBucket never lets more through in a second than both together", async () => {
  const clock = new FakeClock();
  const at = await passes(clock, new TokenBucket({ perSecond: 85, burst: 10 }, clock), 500);
  const most = Math.max(
    ...at.map((start, i) => at.slice(i).filter((t) => t < start + 1000).length),
  );
  assert.ok(most <= 95, `${most} in a second`);
});

Deno.test("TokenBucket saves up no more than its burst", async () => {
  const clock = new FakeClock();
  const limit = new TokenBucket({ perSecond: 10, burst: 2 }, clock);
  await clock.advance(60_000);
  const at = await passes(clock, limit, 4);
  assert.deepEqual(at.map((ms) => Math.round(ms - 60_000)), [0, 0, 100, 200]);
});

Deno.test("TokenBucket does not count callers that gave up waiting", async () => {
  const clock = new FakeClock();
  const limit = new TokenBucket({ perSecond: 1, burst: 1 }, clock);
  await limit.take(1);
  const stop = new AbortController();
  const waiting = limit.take(1, stop.signal);
  stop.abort(new Error("stop"));
  await assert.rejects(waiting, /stop/);
  await clock.advance(1000);
  await limit.take(1);
  assert.equal(clock.monotonicMs(), 1000);
});

Deno.test("TokenBucket gives more than its burst when it is full, and later callers wait for that", async () => {
  const clock = new FakeClock();
  const bucket = new TokenBucket({ perSecond: 10, burst: 2 }, clock);
  await bucket.take(5);
  let taken = false;
  const next = bucket.take(1).then(() => taken = true);
  await clock.advance(399);
  assert.equal(taken, false);
  await clock.advance(1);
  await next;
});
