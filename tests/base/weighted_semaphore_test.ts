import assert from "node:assert/strict";
import fc from "fast-check";
import { type SemaphoreGuard, WeightedSemaphore } from "../../src/base/weighted_semaphore.ts";
import { settleInside } from "../support/fake_clock.ts";

Deno.test("WeightedSemaphore gives what is free at once, and counts what is taken", async () => {
  const permits = new WeightedSemaphore(10);
  const permit = await permits.acquire(4);
  assert.equal(permit.count, 4);
  assert.equal(permits.taken, 4);
  permit.release();
  permit.release();
  assert.equal(permits.taken, 0);
  assert.equal(permit.count, 0);
});

Deno.test("WeightedSemaphore serve in the order of asking, also where a later one would fit", async () => {
  const permits = new WeightedSemaphore(10);
  const first = await permits.acquire(8);
  const served: string[] = [];
  const large = permits.acquire(5).then((permit) => (served.push("large"), permit));
  const small = permits.acquire(1).then((permit) => (served.push("small"), permit));
  await settleInside();
  assert.deepEqual(served, []);
  first.shrink(5);
  await settleInside();
  assert.deepEqual(served, ["large"]);
  (await large).release();
  await small;
  assert.deepEqual(served, ["large", "small"]);
});

Deno.test("WeightedSemaphore gives more than exist to a caller that is alone", async () => {
  const permits = new WeightedSemaphore(10);
  const granted = await permits.acquire(1);
  let huge: SemaphoreGuard | undefined;
  const asking = permits.acquire(50).then((permit) => huge = permit);
  await settleInside();
  assert.equal(huge, undefined);
  granted.release();
  await asking;
  assert.equal(permits.taken, 50);
});

Deno.test("WeightedSemaphore refuse a caller whose signal has aborted, and take nothing", async () => {
  const permits = new WeightedSemaphore(1);
  const reason = new Error("stop");
  await assert.rejects(permits.acquire(1, AbortSignal.abort(reason)), reason);
  assert.equal(permits.taken, 0);
});

Deno.test("WeightedSemaphore lets the next waiters continue when the first gives up", async () => {
  const permits = new WeightedSemaphore(10);
  await permits.acquire(6);
  const stop = new AbortController();
  const reason = new Error("stop");
  const large = permits.acquire(9, stop.signal);
  const small = permits.acquire(4);
  stop.abort(reason);
  await assert.rejects(large, reason);
  assert.equal((await small).count, 4);
  assert.equal(permits.taken, 10);
});

Deno.test("WeightedSemaphore that were granted before the signal aborted are handed over, not lost", async () => {
  const permits = new WeightedSemaphore(1);
  const first = await permits.acquire(1);
  const stop = new AbortController();
  const second = permits.acquire(1, stop.signal);
  const third = permits.acquire(1);
  first.release(); // grants the second in this turn
  stop.abort(new Error("too late"));
  (await second).release();
  (await third).release();
  assert.equal(permits.taken, 0);
});

Deno.test("SemaphoreGuard.grow() takes what is free, but not ahead of those that wait", async () => {
  const permits = new WeightedSemaphore(10);
  const one = await permits.acquire(3);
  const other = await permits.acquire(3);
  assert.equal(one.grow(7), true);
  assert.equal(one.grow(8), false);
  assert.equal(one.count, 7);
  one.shrink(3);
  const waiting = permits.acquire(5);
  assert.equal(one.grow(4), false);
  other.release();
  await waiting;
  assert.equal(permits.taken, 8);
});

Deno.test("SemaphoreGuard.grow() goes beyond the total for one that is alone", async () => {
  const permits = new WeightedSemaphore(10);
  const permit = await permits.acquire(3);
  assert.equal(permit.grow(64), true);
  assert.equal(permits.taken, 64);
  permit.release();
  assert.equal(permits.taken, 0);
});

interface Ask {
  readonly count: number;
  readonly stop: AbortController;
  permit: SemaphoreGuard | undefined;
  refused: boolean;
}

/** The same rules in their simplest form. */
class Model {
  readonly granted = new Map<Ask, number>();
  readonly queue: Ask[] = [];

  constructor(readonly total: number) {}

  get taken(): number {
    return [...this.granted.values()].reduce((sum, count) => sum + count, 0);
  }

  ask(ask: Ask): void {
    this.queue.push(ask);
    this.serve();
  }

  serve(): void {
    for (;;) {
      const first = this.queue[0];
      if (!first || this.taken > 0 && this.taken + first.count > this.total) return;
      this.granted.set(this.queue.shift()!, first.count);
    }
  }

  grow(ask: Ask, count: number): boolean {
    const granted = this.granted.get(ask)!;
    if (count <= granted) return true;
    const free = this.queue.length === 0 && this.taken - granted + count <= this.total;
    if (this.taken > granted && !free) return false;
    this.granted.set(ask, count);
    return true;
  }
}

const TOTAL = 10;
const step = fc.record({
  what: fc.constantFrom("ask", "release", "shrink", "grow", "abort", "grant_and_abort"),
  which: fc.nat(20),
  count: fc.integer({ min: 1, max: TOTAL + 5 }),
});

Deno.test("WeightedSemaphore do as a plain queue does, whatever comes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
      const permits = new WeightedSemaphore(TOTAL);
      const model = new Model(TOTAL);
      const asks: Ask[] = [];
      for (const { what, which, count } of steps) {
        const granted = asks.filter((ask) => ask.permit && ask.permit.count > 0);
        const holder = granted[which % Math.max(1, granted.length)];
        const waiter = model.queue[which % Math.max(1, model.queue.length)];
        if (what === "ask") {
          const ask: Ask = {
            count,
            stop: new AbortController(),
            permit: undefined,
            refused: false,
          };
          asks.push(ask);
          model.ask(ask);
          permits.acquire(count, ask.stop.signal)
            .then((permit) => ask.permit = permit, () => ask.refused = true);
        } else if (what === "abort") {
          if (!waiter) continue;
          model.queue.splice(model.queue.indexOf(waiter), 1);
          model.serve();
          waiter.stop.abort(new Error("stop"));
        } else if (holder) {
          const grown = Math.max(count, holder.permit!.count);
          if (what === "release" || what === "grant_and_abort") model.granted.delete(holder);
          else if (what === "shrink") {
            model.granted.set(holder, Math.min(count, holder.permit!.count));
          } else assert.equal(holder.permit!.grow(grown), model.grow(holder, grown));
          if (what === "shrink") holder.permit!.shrink(count);
          else if (what !== "grow") holder.permit!.release();
          if (what !== "grow") model.serve();
          // Abort whoever may have been granted in this very turn: the permit must not get lost.
          if (what === "grant_and_abort") {
            for (const ask of model.granted.keys()) ask.stop.abort();
          }
        }
        await settleInside();
        assert.equal(permits.taken, model.taken);
        for (const ask of asks) {
          assert.equal(ask.permit?.count ?? 0, model.granted.get(ask) ?? 0);
          assert.equal(ask.permit !== undefined && ask.refused, false);
        }
        const alone = model.granted.size === 1;
        assert.ok(permits.taken <= TOTAL || alone, "above the total with more than one holder");
      }
    }),
    { numRuns: 300 },
  );
});
