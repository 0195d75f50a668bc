import assert from "node:assert/strict";
import { MemoryBudget } from "../../src/pipeline/memory_budget.ts";

const never = new AbortController().signal;

Deno.test("MemoryBudget gives a single source the whole budget", async () => {
  const share = new MemoryBudget(100, 1, 10).next();
  assert.equal(share.total, 100);
  await share.acquire(60, never);
  await share.acquire(40, never);
  assert.equal(share.taken, 100);
});

Deno.test("MemoryBudget keeps a part for each source, whatever another one holds for ever", async () => {
  const shares = new MemoryBudget(100, 2, 10);
  const [held, other] = [shares.next(), shares.next()];
  while (held.taken < 75) await held.acquire(5, never); // its own quarter, and all that is common
  const stop = new AbortController();
  const waiting = held.acquire(5, stop.signal);
  for (let i = 0; i < 5; i++) await other.acquire(5, never);
  assert.equal(held.taken + other.taken, 100);
  stop.abort(new Error("stopped"));
  await assert.rejects(waiting, /stopped/);
});

Deno.test("MemoryBudget takes what is released back where it came from", async () => {
  const shares = new MemoryBudget(100, 2, 10);
  const [one, two] = [shares.next(), shares.next()];
  const permits = [];
  while (one.taken < 75) permits.push(await one.acquire(25, never));
  permits.at(-1)!.shrink(5);
  assert.equal(one.taken, 55);
  for (const permit of permits) permit.release();
  for (const permit of permits) permit.release(); // more than once does nothing
  assert.equal(one.taken, 0);
  while (two.taken < 75) await two.acquire(25, never);
});

Deno.test("MemoryBudget never gives a source less than it needs while the budget allows that for all", () => {
  const cases: [total: number, sources: number, least: number, own: number][] = [
    [100, 2, 10, 25], // half of an even part
    [100, 2, 40, 40],
    [100, 4, 20, 20],
    [100, 10, 20, 5], // not enough for all: the others can use it
  ];
  for (const [total, sources, least, own] of cases) {
    assert.equal(new MemoryBudget(total, sources, least).next().total, own);
  }
});

Deno.test("MemoryBudget tells who holds common memory when little of it is left", async () => {
  const shares = new MemoryBudget(100, 2, 10); // a quarter for each, and half for both
  const [one, other] = [shares.next(), shares.next()];
  await one.acquire(25, never);
  const more = await one.acquire(35, never);
  assert.deepEqual([one.isShort, other.isShort], [false, false]);
  await other.acquire(25, never);
  const last = await one.acquire(10, never);
  assert.deepEqual([one.isShort, other.isShort], [true, false]);
  last.release();
  more.release();
  assert.equal(one.isShort, false);
  assert.equal(new MemoryBudget(100, 1, 10).next().isShort, false);
});
