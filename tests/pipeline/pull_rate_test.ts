import assert from "node:assert/strict";
import { PullRate, type RateSlot } from "../../src/pipeline/pull_rate.ts";
import { FakeClock } from "../support/fake_clock.ts";

Deno.test("PullRate keeps all shards together to its rate, whatever the pages' size", async () => {
  const clock = new FakeClock();
  const rate = new PullRate(2_000_000, clock);
  const sizes = [5_000_000, 100_000, 3_000_000, 1, 900_000];
  let bytes = 0;
  let most = 0;
  let lastMs = 0;
  const shard = async () => {
    for (let n = 0; n < 20; n++) {
      using slot = await rate.wait();
      const size = sizes[n % sizes.length]!;
      bytes += size;
      most = Math.max(most, bytes - clock.monotonicMs() * 2000);
      slot.bytes = size;
      lastMs = clock.monotonicMs();
    }
  };
  const shards = Promise.all([shard(), shard(), shard()]);
  await clock.advance(120_000);
  await shards;
  assert.equal(bytes, 3 * 4 * 9_000_001);
  // 54 s at 2 MB/s. Pages that are so different are reckoned badly, on the slow side.
  assert.ok(lastMs > 45_000 && lastMs < 65_000, `it took ${lastMs} ms`);
  // A page's size is known only when it is there: no more than one of each shard is ahead.
  assert.ok(most <= 15_000_000, `${most} bytes ahead`);
});

Deno.test("PullRate gives a turn that was not taken to the next one", async () => {
  const clock = new FakeClock();
  const rate = new PullRate(1_000_000, clock);
  end(await rate.wait(), 1_000_000); // at once
  const stop = new AbortController();
  const waiting = rate.wait(stop.signal);
  const reason = new Error("stopped");
  stop.abort(reason);
  await assert.rejects(waiting, reason);
  let came = false;
  const next = rate.wait().then(() => came = true);
  await clock.advance(999);
  assert.ok(!came);
  await clock.advance(1);
  assert.ok(came);
  await next;
});

Deno.test("PullRate does not make a second pull wait for what the first was wrongly reckoned to bring", async () => {
  const clock = new FakeClock();
  const rate = new PullRate(1000, clock); // the first page is reckoned to take long at this
  const first = await rate.wait();
  const others = Promise.all([rate.wait(), rate.wait()]);
  await clock.advance(100);
  end(first, 200);
  await clock.advance(300);
  await others;
  assert.equal(clock.monotonicMs(), 400, "200 ms for the first page and as much for the second");
});

function end(slot: RateSlot, bytes: number): void {
  slot.bytes = bytes;
  slot[Symbol.dispose]();
}
