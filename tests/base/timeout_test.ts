import assert from "node:assert/strict";
import { TimedOut, withTimeout } from "../../src/base/timeout.ts";
import { FakeClock } from "../support/fake_clock.ts";

function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}

Deno.test("withTimeout() gives what the work gives, and leaves no timer", async () => {
  const clock = new FakeClock();
  assert.equal(
    await withTimeout({ what: "work", timeoutMs: 100 }, clock, undefined, () => Promise.resolve(7)),
    7,
  );
  assert.equal(clock.sleeping, 0);
});

Deno.test("withTimeout() throws what the work throws, and leaves no timer", async () => {
  const clock = new FakeClock();
  const failure = new Error("broken");
  const work = () => Promise.reject(failure);
  await assert.rejects(
    withTimeout({ what: "work", timeoutMs: 100 }, clock, undefined, work),
    failure,
  );
  assert.equal(clock.sleeping, 0);
});

Deno.test("withTimeout() ends the work when its time is over, and says what took too long", async () => {
  const clock = new FakeClock();
  const working = withTimeout({ what: "PullLogs", timeoutMs: 100 }, clock, undefined, untilAborted);
  const check = assert.rejects(working, new TimedOut("PullLogs", 100));
  await clock.advance(100);
  await check;
});

Deno.test("withTimeout() throws TimedOut also where the work turns its abort into another error", async () => {
  const clock = new FakeClock();
  const work = (signal: AbortSignal) =>
    untilAborted(signal).catch(() => {
      throw new TypeError("connection closed");
    });
  const check = assert.rejects(
    withTimeout({ what: "work", timeoutMs: 100 }, clock, undefined, work),
    TimedOut,
  );
  await clock.advance(100);
  await check;
});

Deno.test("withTimeout() passes the caller's abort on to the work", async () => {
  const clock = new FakeClock();
  const stop = new AbortController();
  const reason = new Error("stop");
  const check = assert.rejects(
    withTimeout({ what: "work", timeoutMs: 100 }, clock, stop.signal, untilAborted),
    reason,
  );
  stop.abort(reason);
  await check;
  assert.equal(clock.sleeping, 0);
});

Deno.test("withTimeout() does not begin when the caller's signal has aborted", async () => {
  const reason = new Error("stop");
  let begun = false;
  const work = () => Promise.resolve(begun = true);
  const clock = new FakeClock();
  await assert.rejects(
    withTimeout({ what: "work", timeoutMs: 100 }, clock, AbortSignal.abort(reason), work),
    reason,
  );
  assert.equal(begun, false);
});

Deno.test("withTimeout() keeps the result of work that ends in time though it ignores its signal", async () => {
  const clock = new FakeClock();
  const working = withTimeout({ what: "work", timeoutMs: 100 }, clock, undefined, async () => {
    await clock.sleep(500);
    return "late";
  });
  await clock.advance(500);
  assert.equal(await working, "late");
});
