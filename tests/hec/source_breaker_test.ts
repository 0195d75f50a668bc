import assert from "node:assert/strict";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { SourceBreaker } from "../../src/hec/source_breaker.ts";
import { SourceDelivery, SourceTurn } from "../../src/hec/source_delivery.ts";
import { FakeClock, settleInside } from "../support/fake_clock.ts";

const NEVER = new AbortController().signal;

/** Whether the promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const done = () => void (settled = true);
  promise.then(done, done);
  await settleInside();
  return settled;
}

function breakerWith(random = 0) {
  const clock = new FakeClock();
  const holds: boolean[] = [];
  const env = { clock, random: () => random, telemetry: () => {} };
  const breaker = new SourceBreaker(env, (isHeld) => holds.push(isHeld));
  const wait = (signal = NEVER) => breaker.wait(undefined, signal);
  return { clock, breaker, holds, wait };
}

Deno.test("SourceBreaker lets requests go out while nothing is refused", async () => {
  const { breaker, wait } = breakerWith();
  assert.equal(breaker.isHeld, false);
  await wait();
});

Deno.test("SourceBreaker gives the probe of a held source to one, and lets the others wait for it", async () => {
  const { breaker, wait } = breakerWith();
  const probe = breaker.hold();
  assert.ok(probe);
  assert.equal(breaker.hold(), undefined);
  const waiting = [wait(), wait()];
  assert.equal(await isSettled(Promise.race(waiting)), false);
  breaker.release(probe);
  await Promise.all(waiting);
  assert.equal(breaker.isHeld, false);
});

Deno.test("SourceBreaker keeps those waiting that wake to find the source held again", async () => {
  const { breaker, wait } = breakerWith();
  const first = breaker.hold();
  const waiting = wait();
  breaker.release(first);
  const second = breaker.hold();
  assert.equal(await isSettled(waiting), false);
  breaker.release(first); // again: no effect on the second
  assert.equal(breaker.isHeld, true);
  breaker.release(second);
  await waiting;
});

Deno.test("SourceBreaker ends a wait with the signal's reason, before it or during it", async () => {
  const { breaker, wait } = breakerWith();
  const probe = breaker.hold();
  const stop = new AbortController();
  const waiting = wait(stop.signal);
  stop.abort(new Error("lease lost"));
  await assert.rejects(waiting, /^Error: lease lost$/);
  await assert.rejects(wait(stop.signal), /^Error: lease lost$/);
  breaker.release(probe);
});

Deno.test("SourceBreaker reports when a request here holds the source and releases it, once each", () => {
  const { breaker, holds } = breakerWith();
  const probe = breaker.hold();
  assert.equal(breaker.hold(), undefined, "one probes");
  assert.equal(breaker.hold(probe), probe, "again");
  breaker.release(probe);
  breaker.release(probe);
  assert.deepEqual(holds, [true, false]);
});

Deno.test("SourceBreaker holds for a request in another isolate without a report", async () => {
  const { breaker, holds, wait } = breakerWith();
  breaker.holdElsewhere(true);
  breaker.holdElsewhere(true);
  assert.ok(breaker.isHeld);
  assert.equal(breaker.hold(), undefined, "the other isolate probes");
  const waiting = wait();
  breaker.succeeded();
  assert.equal(await isSettled(waiting), false);
  breaker.holdElsewhere(false);
  await waiting;
  assert.ok(!breaker.isHeld);
  assert.deepEqual(holds, []);
});

Deno.test("SourceBreaker stays held here whatever another isolate says", () => {
  const { breaker, holds } = breakerWith();
  const probe = breaker.hold();
  breaker.holdElsewhere(true);
  breaker.holdElsewhere(false);
  assert.ok(breaker.isHeld);
  breaker.release(probe);
  assert.deepEqual(holds, [true, false]);
});

Deno.test("after a refusal that may pass, one request tries with a growing backoff, and the others wait", async () => {
  const { breaker, holds, wait } = breakerWith(0.999999);
  const probe = breaker.refused(undefined, 0);
  assert.ok(probe);
  assert.equal(breaker.waitMs, 500);
  assert.equal(breaker.refused(undefined, 0), undefined, "those that were under way count once");
  const waiting = wait();
  assert.equal(await isSettled(waiting), false);
  assert.equal(breaker.refused(probe, 0), probe);
  assert.equal(breaker.waitMs, 1000);
  assert.equal(breaker.refused(probe, 20_000), probe);
  assert.equal(breaker.waitMs, 22_000);
  breaker.succeeded();
  await waiting;
  breaker.refused(undefined, 0);
  assert.equal(breaker.waitMs, 500, "from the beginning");
  assert.deepEqual(holds, [], "the source was not held");
});

Deno.test("any success ends a refusal that may pass, and only its own probe a hold", () => {
  const { breaker } = breakerWith();
  const quick = breaker.refused(undefined, 0);
  breaker.succeeded();
  assert.ok(breaker.lets(undefined));
  breaker.refused(undefined, 0);
  const held = breaker.hold(); // of a request that cannot pass by itself
  assert.ok(held);
  assert.equal(breaker.lets(quick), false);
  breaker.succeeded();
  breaker.release(quick);
  assert.ok(breaker.isHeld);
  breaker.release(held);
  assert.ok(breaker.lets(undefined));
});

function turns(random = 0) {
  const clock = new FakeClock();
  const events: TelemetryEvent[] = [];
  const telemetry = (event: TelemetryEvent) => void events.push(event);
  const source = new SourceDelivery({ clock, random: () => random, telemetry }, {
    source: "p/l",
    fallbackIndex: undefined,
    guard: { maxRefusedPercent: 10, maxRefusedInARow: 100 },
  });
  const turn = (signal = NEVER) => new SourceTurn(source, signal, clock);
  return { clock, events, source, turn };
}

Deno.test("SourceTurn waits some seconds before the first try of a held source, and half a minute at most", async () => {
  const waits = async (random: number) => {
    const { clock, turn } = turns(random);
    const one = turn();
    const list: number[] = [];
    for (let count = 0; count < 8; count++) {
      const startMs = clock.monotonicMs();
      const waiting = one.hold("why").then(() => list.push(clock.monotonicMs() - startMs));
      await clock.advance(60_000);
      await waiting;
    }
    return list;
  };
  assert.deepEqual(await waits(0), Array(8).fill(5000));
  assert.deepEqual(await waits(0.999999), [10, 15, 25, 30, 30, 30, 30, 30].map((s) => s * 1000));
});

Deno.test("SourceTurn makes one batch try, and the others go when it succeeds", async () => {
  const { clock, events, turn } = turns();
  const [first, second] = [turn(), turn()];
  const waiting = first.hold("HEC refuses", "do this");
  assert.equal(await second.hold("HEC refuses too"), false);
  assert.deepEqual([first.probesHold, second.probesHold], [true, false]);
  const passing = second.wait();
  await clock.advance(5000);
  assert.equal(await waiting, true);
  assert.equal(await isSettled(passing), false);
  await first.wait(); // the one that tries does not wait for itself
  first.succeeded();
  await passing;
  assert.deepEqual(events, [{
    type: "trouble",
    about: "p/l: deliver to HEC",
    message: "HEC refuses",
    hint: "do this",
    retryInMs: 5000,
    source: "p/l",
    held: true,
  }, { type: "recovered", about: "p/l: deliver to HEC" }]);
});

Deno.test("SourceTurn begins with short waits again after a success", async () => {
  const { clock, events, turn } = turns(0.999999);
  const one = turn();
  for (let count = 0; count < 2; count++) {
    for (let wait = 0; wait < 3; wait++) {
      const waiting = one.hold("why");
      await clock.advance(60_000);
      await waiting;
    }
    one.succeeded();
  }
  const waits = events.flatMap((event) => event.type === "trouble" ? [event.retryInMs] : []);
  assert.deepEqual(waits, [10_000, 15_000, 25_000, 10_000, 15_000, 25_000]);
});

Deno.test("SourceTurn ends its wait with the signal's reason, and another batch can take over", async () => {
  const { source, turn } = turns();
  const stop = new AbortController();
  {
    using first = turn(stop.signal);
    const waiting = first.hold("why");
    stop.abort(new Error("lease lost"));
    await assert.rejects(waiting, /^Error: lease lost$/);
    assert.ok(source.breaker.isHeld);
  }
  assert.equal(source.breaker.isHeld, false);
});

Deno.test("SourceTurn reports each refusal with the wait of the batch that tries", async () => {
  const { clock, events, turn } = turns(0.999999);
  const [first, second] = [turn(), turn()];
  const waiting = first.retry("code 4", { hint: "do this" }, 0);
  await second.retry("code 4 as well", { hint: "do this" }, 0);
  assert.deepEqual([first.mayGo, second.mayGo, first.probesHold], [true, false, false]);
  await clock.advance(500);
  await waiting;
  const atOnce = first.retry("code 4 at another endpoint", { hint: "do this" }, undefined);
  await clock.advance(0);
  await atOnce;
  const waits = events.map((event) => event.type === "trouble" ? event.retryInMs : NaN);
  assert.deepEqual(waits, [500, 500, 0]);
  assert.ok(events.every((event) => event.type === "trouble" && event.held === undefined));
});

Deno.test("SourceDelivery reports once that it works again after a failure", () => {
  const { events, source } = turns();
  source.succeeded();
  source.failed("message", { hint: "hint", retryInMs: 7 });
  source.succeeded();
  source.succeeded();
  assert.deepEqual(events, [
    {
      type: "trouble",
      about: "p/l: deliver to HEC",
      message: "message",
      hint: "hint",
      retryInMs: 7,
      source: "p/l",
    },
    { type: "recovered", about: "p/l: deliver to HEC" },
  ]);
});
