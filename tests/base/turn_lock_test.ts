import assert from "node:assert/strict";
import { TurnLock } from "../../src/base/turn_lock.ts";
import { settleInside } from "../support/fake_clock.ts";

const NEVER = new AbortController().signal;

const cases: [sentence: string, waiting: string, order: string][] = [
  ["one owner in the order of asking", "a1 a2 a3", "a1 a2 a3"],
  ["a quiet owner before the second of a busy one", "a1 a2 a3 a4 b1", "b1 a1 a2 a3 a4"],
  ["each of three in turn", "a1 a2 a3 b1 b2 c1", "b1 c1 a1 b2 a2 a3"],
];
for (const [sentence, waiting, order] of cases) {
  Deno.test(`TurnLock serves ${sentence}`, async () => {
    const lock = new TurnLock();
    const first = lock.tryAcquire("a")!;
    assert.equal(lock.tryAcquire("b"), undefined);
    const served: string[] = [];
    const all = waiting.split(" ").map(async (name) => {
      using _held = await lock.acquire(name[0]!, NEVER);
      served.push(name);
      await settleInside();
    });
    await settleInside();
    assert.deepEqual(served, []);
    first[Symbol.dispose]();
    first[Symbol.dispose](); // more than once does nothing
    await Promise.all(all);
    assert.equal(served.join(" "), order);
    using _again = lock.tryAcquire("b")!;
    assert.ok(_again);
  });
}

Deno.test("TurnLock never lets two hold it, and forgets who gives up", async () => {
  const lock = new TurnLock();
  const held = await lock.acquire("a", NEVER);
  const stop = new AbortController();
  const rejected = assert.rejects(lock.acquire("b", stop.signal), /over/);
  let got: Disposable | undefined;
  const waiting = lock.acquire("b", NEVER).then((next) => got = next);
  stop.abort(new Error("over"));
  await rejected;
  await assert.rejects(lock.acquire("b", stop.signal), /over/);
  held[Symbol.dispose]();
  assert.equal(lock.tryAcquire("c"), undefined, "it is on its way to the one that waits");
  await waiting;
  got![Symbol.dispose]();
  assert.ok(lock.tryAcquire("c"));
});
