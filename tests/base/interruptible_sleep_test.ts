import assert from "node:assert/strict";
import { InterruptibleSleep } from "../../src/base/interruptible_sleep.ts";
import { FakeClock, settleInside } from "../support/fake_clock.ts";

/** Whether a promise has resolved, as far as shows without time passing. */
function watch(promise: Promise<void>): { done: boolean } {
  const seen = { done: false };
  promise.then(() => seen.done = true, () => {});
  return seen;
}

Deno.test("InterruptibleSleep.sleep() lasts as long as asked", async () => {
  const clock = new FakeClock();
  const sleep = watch(new InterruptibleSleep(clock).sleep(100));
  await clock.advance(99);
  assert.equal(sleep.done, false);
  await clock.advance(1);
  assert.equal(sleep.done, true);
});

Deno.test("InterruptibleSleep.wake() ends a sleep early, and that one only", async () => {
  const clock = new FakeClock();
  const wake = new InterruptibleSleep(clock);
  const first = wake.sleep(100);
  wake.wake();
  await first;
  const second = watch(wake.sleep(100));
  await clock.advance(99);
  assert.equal(second.done, false);
  await clock.advance(1);
  assert.equal(second.done, true);
});

Deno.test("InterruptibleSleep.wake() while there is no sleeper ends the next sleep at once, once", async () => {
  const clock = new FakeClock();
  const wake = new InterruptibleSleep(clock);
  wake.wake();
  wake.wake();
  await wake.sleep(100);
  const second = watch(wake.sleep(100));
  await clock.advance(50);
  assert.equal(second.done, false);
  await clock.advance(50);
  assert.equal(second.done, true);
});

Deno.test("InterruptibleSleep.sleep() throws the signal's reason, and keeps a wake that came before", async () => {
  const clock = new FakeClock();
  const wake = new InterruptibleSleep(clock);
  const stop = new AbortController();
  const reason = new Error("stop");
  const sleeping = wake.sleep(100, stop.signal);
  await settleInside();
  stop.abort(reason);
  await assert.rejects(sleeping, reason);
  await assert.rejects(wake.sleep(100, stop.signal), reason);
  assert.equal(clock.sleeping, 0);
  wake.wake();
  await assert.rejects(wake.sleep(100, stop.signal), reason);
  await wake.sleep(100);
});
