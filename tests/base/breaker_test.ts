import assert from "node:assert/strict";
import { Breaker, type BreakerPolicy, passAll, tryPassAll } from "../../src/base/breaker.ts";
import { FakeClock } from "../support/fake_clock.ts";

const NEVER = new AbortController().signal;

function breakerWith(options: Partial<BreakerPolicy> = {}) {
  const clock = new FakeClock();
  const breaker = new Breaker({ clock, random: () => 0.5 }, {
    backoff: { stepsMs: [1000, 2000, 4000] },
    ...options,
  });
  return { clock, breaker };
}

Deno.test("while tries succeed, every caller may make them", () => {
  const { breaker } = breakerWith();
  const passes = [1, 2, 3].map(() => breaker.tryPass());
  for (const pass of passes) pass!.succeeded();
  assert.deepEqual([breaker.isClosed, breaker.waitMs], [true, 0]);
});

Deno.test("after a failure all wait for the backoff, and then one tries alone", async () => {
  const { clock, breaker } = breakerWith();
  assert.equal(breaker.tryPass()!.failed(), 1000);
  assert.equal(breaker.tryPass(), undefined);
  assert.equal(breaker.waitMs, 1000);
  await clock.advance(1000);
  const probe = breaker.tryPass();
  assert.ok(probe);
  assert.equal(breaker.tryPass(), undefined, "the others wait for what it finds");
  assert.equal(breaker.waitMs, Infinity);
  assert.equal(probe.failed(), 2000);
  assert.equal(breaker.waitMs, 2000);
});

Deno.test("the first success lets all others go, and the backoff begins again", async () => {
  const { clock, breaker } = breakerWith();
  breaker.tryPass()!.failed();
  await clock.advance(1000);
  breaker.tryPass()!.succeeded();
  assert.ok(breaker.tryPass());
  const last = breaker.tryPass()!;
  assert.equal(last.failed(), 1000);
});

Deno.test("many that fail together are one failure", () => {
  const { breaker } = breakerWith();
  const passes = Array.from({ length: 24 }, () => breaker.tryPass()!);
  assert.deepEqual(new Set(passes.map((pass) => pass.failed())), new Set([1000]));
  assert.equal(breaker.failures, 1);
});

Deno.test("the longest wait that the other side asks for holds, whichever of many failures named it", async () => {
  const { clock, breaker } = breakerWith({ failuresStand: true });
  const passes = [0, 20_000, 5000].map((floorMs) => [breaker.tryPass()!, floorMs] as const);
  assert.deepEqual(passes.map(([pass, floorMs]) => pass.failed(floorMs)), [1000, 20_000, 20_000]);
  assert.equal(breaker.failures, 1);
  await clock.advance(19_999);
  assert.equal(breaker.tryPass(), undefined);
  await clock.advance(1);
  assert.ok(breaker.tryPass());
});

Deno.test("a success of a try that began before does not end the wait that the other side asked for", async () => {
  const { clock, breaker } = breakerWith({ failuresStand: true });
  const [first, second, third] = [1, 2, 3].map(() => breaker.tryPass()!);
  first!.failed(20_000);
  second!.succeeded();
  assert.equal(breaker.waitMs, 20_000);
  await clock.advance(20_000);
  breaker.tryPass()!.succeeded();
  assert.ok(breaker.isClosed);
  third!.failed(3000); // it was on its way all the time, and has the latest word
  assert.equal(breaker.waitMs, 3000);
});

Deno.test("a success of a try that began earlier ends a wait that no caller asked for", () => {
  const { breaker } = breakerWith({ failuresStand: true });
  const [first, second] = [1, 2].map(() => breaker.tryPass()!);
  first!.failed();
  second!.succeeded();
  assert.ok(breaker.isClosed);
});

Deno.test("a try that began before another succeeded says nothing when it fails", () => {
  const { breaker } = breakerWith();
  const [slow, quick] = [breaker.tryPass()!, breaker.tryPass()!];
  quick.succeeded();
  assert.equal(slow.failed(), 0);
  assert.equal(breaker.isClosed, true);
});

Deno.test("a try that is given up makes room for the next one", async () => {
  const { clock, breaker } = breakerWith();
  breaker.tryPass()!.failed();
  await clock.advance(1000);
  breaker.tryPass()!.unknown();
  assert.ok(breaker.tryPass());
  assert.equal(breaker.tryPass(), undefined);
});

Deno.test("what startsAlone is tried once before others may, as is what is in doubt", () => {
  const { breaker } = breakerWith({ startsAlone: true });
  const first = breaker.tryPass()!;
  assert.equal(breaker.tryPass(), undefined);
  first.succeeded();
  const [one, other] = [breaker.tryPass()!, breaker.tryPass()!];
  one.unknown(true);
  assert.ok(breaker.tryPass());
  assert.equal(breaker.tryPass(), undefined);
  other.succeeded();
  assert.ok(breaker.tryPass());
});

Deno.test("a pass says once what it came to", () => {
  const { breaker } = breakerWith();
  const pass = breaker.tryPass()!;
  pass.failed();
  pass.succeeded();
  assert.equal(breaker.isClosed, false);
});

Deno.test("a try whatever has failed succeeds for all", () => {
  const { breaker } = breakerWith();
  breaker.tryPass()!.failed();
  breaker.passAnyway().succeeded();
  assert.ok(breaker.tryPass());
});

Deno.test("the least wait and what the other side asks for are floors", () => {
  const { breaker } = breakerWith({ backoff: { baseMs: 500, capMs: 30_000 }, minWaitMs: 250 });
  assert.equal(breaker.tryPass()!.failed(), 500);
  assert.equal(breaker.passAnyway().failed(7000), 7500);
});

Deno.test("passAll() waits for the backoff, and then lets one after the other find out", async () => {
  const { clock, breaker } = breakerWith();
  breaker.tryPass()!.failed();
  const order: number[] = [];
  const tries = [1, 2, 3].map(async (number) => {
    const [pass] = await passAll([breaker], clock, NEVER);
    order.push(number);
    if (number === 1) pass!.failed();
    else pass!.succeeded();
  });
  await clock.advance(999);
  assert.deepEqual(order, []);
  await clock.advance(1);
  assert.deepEqual(order, [1]);
  await clock.advance(2000);
  assert.deepEqual(order, [1, 2, 3]);
  await Promise.all(tries);
  assert.equal(clock.sleeping, 0);
});

Deno.test("passAll() ends when its signal does, and leaves nothing behind", async () => {
  const { clock, breaker } = breakerWith();
  breaker.tryPass()!.failed();
  const stop = new AbortController();
  const waiting = passAll([breaker], clock, stop.signal);
  stop.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  assert.equal(clock.sleeping, 0);
});

Deno.test("tryPassAll() takes no place at one while another is closed", async () => {
  const [{ clock, breaker: one }, { breaker: other }] = [breakerWith(), breakerWith()];
  one.tryPass()!.failed();
  other.tryPass()!.failed();
  await clock.advance(1000);
  assert.equal(tryPassAll([one, other]), undefined);
  assert.ok(one.tryPass(), "its place is free");
});
