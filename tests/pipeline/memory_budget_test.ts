import assert from "node:assert/strict";
import {
  MemoryBudget,
  type MemoryShare,
  type Reservation,
} from "../../src/pipeline/memory_budget.ts";
import { settleInside } from "../support/fake_clock.ts";
import { seededRandom } from "../support/seeded_random.ts";

const never = new AbortController().signal;

/** Reserves in steps until nothing more is free. */
function takeAll(share: MemoryShare, step = 5): Reservation[] {
  const taken: Reservation[] = [];
  for (;;) {
    const next = share.tryReserve(step);
    if (!next) return taken;
    taken.push(next);
  }
}

function giveBack(reservations: readonly Reservation[]): void {
  for (const reservation of reservations) reservation[Symbol.dispose]();
}

Deno.test("MemoryBudget gives a lone source the whole budget", () => {
  const budget = new MemoryBudget(100, 10);
  const share = budget.forSource("a");
  assert.equal(share.ownBytes, 100);
  takeAll(share);
  assert.deepEqual([share.reservedBytes, budget.reservedBytes], [100, 100]);
});

Deno.test("MemoryBudget keeps a part for each source, whatever another one never gives back", async () => {
  const budget = new MemoryBudget(100, 10);
  const [stuck, other] = [budget.forSource("stuck"), budget.forSource("other")];
  takeAll(stuck);
  assert.equal(stuck.reservedBytes, 75, "its own quarter, and all that is common");
  const stop = new AbortController();
  const waiting = stuck.reserve(5, stop.signal);
  takeAll(other);
  assert.deepEqual([other.reservedBytes, budget.reservedBytes], [25, 100]);
  stop.abort(new Error("stopped"));
  await assert.rejects(waiting, /stopped/);
});

Deno.test("MemoryBudget takes back what is released, once", () => {
  const budget = new MemoryBudget(100, 10);
  const [one, two] = [budget.forSource("one"), budget.forSource("two")];
  const reservations = takeAll(one, 25);
  reservations.at(-1)!.shrink(5);
  assert.equal(one.reservedBytes, 55);
  giveBack(reservations);
  giveBack(reservations);
  assert.equal(one.reservedBytes, 0);
  takeAll(two);
  assert.equal(two.reservedBytes, 75);
});

Deno.test("MemoryBudget gives no source less than it needs while it has that for all", () => {
  const cases: [total: number, sources: number, min: number, own: number][] = [
    [100, 2, 10, 25], // half of an even part
    [100, 2, 40, 40],
    [100, 4, 20, 20],
    [100, 10, 20, 5], // not enough for all: the others can use it
  ];
  for (const [total, sources, min, own] of cases) {
    const budget = new MemoryBudget(total, min);
    const shares = Array.from({ length: sources }, (_, i) => budget.forSource(`source ${i}`));
    assert.deepEqual(shares.map(({ ownBytes }) => ownBytes), Array(sources).fill(own));
  }
});

Deno.test("MemoryBudget names the source that uses common memory when little of it is left", () => {
  const budget = new MemoryBudget(100, 10); // a quarter for each, and half for both
  const [one, other] = [budget.forSource("one"), budget.forSource("other")];
  one.tryReserve(25);
  const more = one.tryReserve(35)!;
  assert.deepEqual([one.isShort, other.isShort], [false, false]);
  other.tryReserve(25);
  const last = one.tryReserve(10)!;
  assert.deepEqual([one.isShort, other.isShort], [true, false]);
  giveBack([last, more]);
  assert.equal(one.isShort, false);
  assert.equal(new MemoryBudget(100, 10).forSource("alone").isShort, false);
});

const sets: [
  sentence: string,
  of: readonly string[],
  stuck: string,
  owns: readonly number[],
  left: number,
][] = [
  ["a source each", ["a", "b"], "a", [60, 60], 60],
  ["one source and three", ["a", "b", "b", "b"], "a", [30, 15, 15, 15], 90],
  ["three sources and one", ["a", "a", "a", "b"], "a", [15, 15, 15, 30], 30],
  ["two sources each", ["a", "a", "b", "b"], "b", [15, 15, 15, 15], 60],
];
for (const [sentence, of, stuck, owns, left] of sets) {
  Deno.test(`MemoryBudget keeps from stuck collectors what others have, with ${sentence}`, () => {
    const budget = new MemoryBudget(120, 10);
    const shares = of.map((set, i) => budget.forSource(`source ${i}`, { set }));
    assert.deepEqual(shares.map(({ ownBytes }) => ownBytes), owns);
    for (const [i, share] of shares.entries()) if (of[i] === stuck) takeAll(share);
    const others = shares.filter((_, i) => of[i] !== stuck);
    for (const share of others) takeAll(share);
    assert.equal(others.reduce((sum, { reservedBytes }) => sum + reservedBytes, 0), left);
    assert.equal(budget.reservedBytes, 120);
  });
}

Deno.test("MemoryBudget makes the parts of sets anew when sources come and go, each with what it needs", () => {
  const budget = new MemoryBudget(120, 10);
  const first = budget.forSource("first", { set: "a" });
  assert.equal(first.ownBytes, 120);
  const second = budget.forSource("second", { set: "b", minBytes: 40 });
  assert.deepEqual([first.ownBytes, second.ownBytes], [60, 60]);
  const third = budget.forSource("third", { set: "b", minBytes: 30 });
  assert.deepEqual([first, second, third].map(({ ownBytes }) => ownBytes), [40, 40, 30]);
  takeAll(third);
  assert.equal(third.reservedBytes, 40);
  first[Symbol.dispose]();
  assert.deepEqual([second, third].map(({ ownBytes }) => ownBytes), [40, 30]);
  takeAll(third);
  assert.equal(third.reservedBytes, 80);
  second[Symbol.dispose]();
  assert.equal(third.ownBytes, 120);
});

Deno.test("MemoryBudget adds a source while the only one has everything: it gets its part as that is given back", async () => {
  const budget = new MemoryBudget(100, 10);
  const first = budget.forSource("first");
  const reservations = takeAll(first, 10);
  const second = budget.forSource("second");
  assert.deepEqual([first.ownBytes, second.ownBytes], [25, 25]);
  assert.equal(second.tryReserve(10), undefined);
  assert.equal(first.tryReserve(10), undefined);
  const one = await second.reserve(10, never); // a source with nothing is never made to wait
  const waiting = second.reserve(10, never);
  assert.equal(await isSettled(waiting), false);
  giveBack(reservations.splice(0, 2));
  assert.equal(await isSettled(waiting), true);
  assert.equal(budget.reservedBytes, 100);
  giveBack([one, await waiting, ...reservations]);
  takeAll(first);
  assert.equal(first.reservedBytes, 75);
});

Deno.test("MemoryBudget gives the part of a removed source to the others, once nothing of it is in use", async () => {
  const budget = new MemoryBudget(100, 10);
  const [stays, leaves] = [budget.forSource("stays"), budget.forSource("leaves")];
  const late = leaves.tryReserve(20)!;
  takeAll(stays);
  const waiting = stays.reserve(5, never);
  leaves[Symbol.dispose]();
  leaves[Symbol.dispose]();
  assert.equal(stays.ownBytes, 100);
  await waiting; // the part that the removed source did not use is free at once
  takeAll(stays);
  assert.equal(budget.reservedBytes, 100);
  giveBack([late]);
  takeAll(stays);
  assert.equal(stays.reservedBytes, 100);
});

Deno.test("MemoryBudget knows a source by its id: one share at a time, and a new one after it was removed", () => {
  const budget = new MemoryBudget(100, 10);
  const share = budget.forSource("a");
  assert.throws(() => budget.forSource("a"), RangeError);
  share[Symbol.dispose]();
  assert.equal(budget.forSource("a").ownBytes, 100);
});

Deno.test("MemoryBudget gives a source with nothing reserved more than its share, without taking from the others", async () => {
  const budget = new MemoryBudget(100, 10);
  const [large, other] = [budget.forSource("large"), budget.forSource("other")];
  using huge = await large.reserve(300, never);
  assert.equal(huge.grow(400), true, "it is alone in its share");
  takeAll(other);
  assert.equal(other.reservedBytes, 75);
  assert.equal(large.tryReserve(1), undefined);
});

Deno.test("MemoryBudget serves the requests of a source in order, and those of another past them", async () => {
  const budget = new MemoryBudget(100, 10);
  const [one, two] = [budget.forSource("one"), budget.forSource("two")];
  const reservations = takeAll(one, 25);
  using _some = two.tryReserve(20)!;
  const order: string[] = [];
  const ask = async (name: string, share: MemoryShare, bytes: number, signal = never) => {
    const reservation = await share.reserve(bytes, signal);
    order.push(name);
    return reservation;
  };
  const stop = new AbortController();
  const large = ask("large", one, 60, stop.signal);
  const small = ask("small", one, 5);
  const others = ask("other", two, 20);
  assert.equal(one.tryReserve(1), undefined, "no request of a source overtakes another");
  giveBack(reservations.splice(0, 1));
  await settleInside();
  assert.deepEqual(order, ["other"]);
  stop.abort(new Error("stopped"));
  await assert.rejects(large, /stopped/);
  await Promise.all([small, others]);
  assert.deepEqual(order, ["other", "small"]);
});

Deno.test("MemoryBudget never gives more than its total, whatever sources come, go, take and give", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = seededRandom(seed);
    const budget = new MemoryBudget(1000, 50);
    const shares = new Map<string, MemoryShare>();
    const reservations: Reservation[] = [];
    const pick = <T>(items: readonly T[]): T | undefined =>
      items[Math.floor(random() * items.length)];
    for (let step = 0; step < 300; step++) {
      const roll = random();
      const number = Math.floor(random() * 5);
      const id = `source ${number}`;
      const set = `set ${number % 3}`;
      if (roll < 0.1 && !shares.has(id)) shares.set(id, budget.forSource(id, { set }));
      else if (roll < 0.15) {
        shares.get(id)?.[Symbol.dispose]();
        shares.delete(id);
      } else if (roll < 0.6) {
        const reservation = shares.get(id)?.tryReserve(1 + Math.floor(random() * 120));
        if (reservation) reservations.push(reservation);
      } else if (roll < 0.75) pick(reservations)?.shrink(Math.floor(random() * 60));
      else {reservations.splice(Math.floor(random() * reservations.length), 1)[0]
          ?.[Symbol.dispose]();}
      assert.ok(budget.reservedBytes <= 1000, `seed ${seed}: ${budget.reservedBytes}`);
    }
    for (const share of shares.values()) share[Symbol.dispose]();
    giveBack(reservations);
    assert.equal(budget.reservedBytes, 0, `seed ${seed}`);
    takeAll(budget.forSource("last"));
    assert.equal(budget.reservedBytes, 1000, `seed ${seed}`);
  }
});

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => settled = true;
  promise.then(settle, settle);
  await settleInside();
  return settled;
}
