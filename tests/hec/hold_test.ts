import assert from "node:assert/strict";
import type { TelemetryEvent } from "../../src/base/telemetry.ts";
import { Hold } from "../../src/hec/hold.ts";
import { HoldGate } from "../../src/hec/hold_gate.ts";
import { Route } from "../../src/hec/route.ts";
import { FakeClock, settle } from "../support/fake_clock.ts";

const NEVER = new AbortController().signal;

/** Whether the promise has settled by now. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const done = () => void (settled = true);
  promise.then(done, done);
  await settle();
  return settled;
}

Deno.test("HoldGate lets requests pass while nobody holds it", async () => {
  const gate = new HoldGate();
  assert.equal(gate.held, false);
  await gate.pass(NEVER);
});

Deno.test("HoldGate gives the duty to probe to one, and lets the others wait for it", async () => {
  const gate = new HoldGate();
  const probe = gate.hold();
  assert.ok(probe);
  assert.equal(gate.hold(), undefined);
  const waiting = [gate.pass(NEVER), gate.pass(NEVER)];
  assert.equal(await isSettled(Promise.race(waiting)), false);
  probe.release();
  await Promise.all(waiting);
  assert.equal(gate.held, false);
});

Deno.test("HoldGate keeps waiting those that wake to find it held again", async () => {
  const gate = new HoldGate();
  const first = gate.hold()!;
  const waiting = gate.pass(NEVER);
  first.release();
  const second = gate.hold()!;
  assert.equal(await isSettled(waiting), false);
  first.release(); // again: does nothing to the second
  assert.equal(gate.held, true);
  second.release();
  await waiting;
});

Deno.test("HoldGate ends a wait with the signal's reason, before it or during it", async () => {
  const gate = new HoldGate();
  const probe = gate.hold()!;
  const stop = new AbortController();
  const waiting = gate.pass(stop.signal);
  stop.abort(new Error("lease lost"));
  await assert.rejects(waiting, /^Error: lease lost$/);
  // A signal that has aborted already fires no more.
  await assert.rejects(gate.pass(stop.signal), /^Error: lease lost$/);
  probe.release();
});

function setUp(random = 0) {
  const clock = new FakeClock();
  const events: TelemetryEvent[] = [];
  const route = new Route({
    source: "p/l",
    fallbackIndex: undefined,
    guard: { maxRefusedPercent: 10, maxRefusedInARow: 100 },
    telemetry: (event) => events.push(event),
  });
  const hold = (signal = NEVER) => new Hold(route, signal, clock, () => random);
  return { clock, events, route, hold };
}

Deno.test("Hold waits some seconds before the first try, and half a minute at most", async () => {
  const waits = async (random: number) => {
    const { clock, hold } = setUp(random);
    const one = hold();
    const list: number[] = [];
    for (let turn = 0; turn < 8; turn++) {
      const startMs = clock.monotonicMs();
      const waiting = one.wait("why").then(() => list.push(clock.monotonicMs() - startMs));
      await clock.advance(60_000);
      await waiting;
    }
    return list;
  };
  assert.deepEqual(await waits(0), Array(8).fill(5000));
  assert.deepEqual(await waits(0.999999), [10, 15, 25, 30, 30, 30, 30, 30].map((s) => s * 1000));
});

Deno.test("Hold makes one batch try, and the others pass when it is released", async () => {
  const { clock, events, hold } = setUp();
  const [first, second] = [hold(), hold()];
  const waiting = first.wait("HEC refuses", "do this");
  assert.equal(await second.wait("HEC refuses too"), false);
  assert.deepEqual([first.probes, second.probes], [true, false]);
  const passing = second.pass();
  await clock.advance(5000);
  assert.equal(await waiting, true);
  assert.equal(await isSettled(passing), false);
  await first.pass(); // the one that tries does not wait for itself
  first.release();
  await passing;
  assert.deepEqual(events, [{
    type: "trouble",
    about: "p/l: deliver to HEC",
    message: "HEC refuses",
    hint: "do this",
    retryInMs: 5000,
    source: "p/l",
    held: true,
  }]);
});

Deno.test("Hold begins with short waits again after a release", async () => {
  const { clock, events, hold } = setUp(0.999999);
  const one = hold();
  for (let turn = 0; turn < 2; turn++) {
    for (let wait = 0; wait < 3; wait++) {
      const waiting = one.wait("why");
      await clock.advance(60_000);
      await waiting;
    }
    one.release();
  }
  const waits = events.map((event) => event.type === "trouble" ? event.retryInMs : NaN);
  assert.deepEqual(waits, [10_000, 15_000, 25_000, 10_000, 15_000, 25_000]);
});

Deno.test("Hold ends its wait with the signal's reason, and another batch can take over", async () => {
  const { hold, route } = setUp();
  const stop = new AbortController();
  const first = hold(stop.signal);
  const waiting = first.wait("why");
  stop.abort(new Error("lease lost"));
  await assert.rejects(waiting, /^Error: lease lost$/);
  first.release(); // as the end of its delivery does
  assert.equal(route.gate.held, false);
});

Deno.test("Route tells that it works again once after trouble", () => {
  const { events, route } = setUp();
  route.worked();
  route.trouble("message", "hint", 7);
  route.worked();
  route.worked();
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
