import assert from "node:assert/strict";
import fc from "fast-check";
import { NO_LOGS } from "../../src/base/log_counts.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { reportOf } from "../consumer/recorder.ts";

Deno.test("Ledger adds up the pages of each source and shard apart", () => {
  const ledger = new Ledger();
  ledger.pageDone("p/l", 1, reportOf(3));
  ledger.pageDone("p/l", 0, reportOf(1));
  ledger.pageDone("p/l", 1, {
    ...reportOf(2),
    parked: 1,
    filtered: 4,
    queryFailed: 3,
    resends: 5,
    ackTimeouts: 6,
  });
  ledger.pageDone("a/l", 1, reportOf(7));
  const entries = ledger.entries();
  assert.deepEqual(entries.map(({ source, shard, fetched }) => [source, shard, fetched]), [
    ["a/l", 1, 7],
    ["p/l", 0, 1],
    ["p/l", 1, 10],
  ]);
  assert.deepEqual(entries[2], {
    source: "p/l",
    shard: 1,
    fetched: 10,
    delivered: 5,
    filtered: 4,
    queryFailed: 3,
    oddTimes: 0,
    parked: 1,
    pages: 2,
    rawBytes: 50,
    eventBytes: 100,
    resends: 5,
    ackTimeouts: 6,
    gaps: 0,
  });
});

Deno.test("Ledger counts the gaps of a shard, though no log came of them", async () => {
  const ledger = new Ledger();
  for (const expired of [true, false, true]) {
    const range = { from: "a", to: "b", expired, counts: NO_LOGS };
    await ledger.cover("p/l", 3, "me", range);
  }
  assert.deepEqual(ledger.entries().map(({ shard, gaps, fetched }) => [shard, gaps, fetched]), [
    [3, 2, 0],
  ]);
});

Deno.test("Ledger.entries() gives copies that do not change", () => {
  const ledger = new Ledger();
  ledger.pageDone("p/l", 0, reportOf(1));
  const [before] = ledger.entries();
  ledger.pageDone("p/l", 0, reportOf(1));
  assert.equal(before?.fetched, 1);
  assert.equal(ledger.entries()[0]?.fetched, 2);
});

const page = fc.record({
  shard: fc.nat(3),
  delivered: fc.nat(50),
  parked: fc.nat(5),
  filtered: fc.nat(5),
});

Deno.test("Ledger keeps fetched equal to delivered, filtered and parked together", () => {
  fc.assert(fc.property(fc.array(page), (pages) => {
    const ledger = new Ledger();
    for (const { shard, ...counts } of pages) {
      ledger.pageDone("p/l", shard, { ...reportOf(0), ...counts });
    }
    let fetched = 0;
    for (const entry of ledger.entries()) {
      assert.equal(entry.fetched, entry.delivered + entry.filtered + entry.parked);
      fetched += entry.fetched;
    }
    const sum = pages.reduce((sum, page) => sum + page.delivered + page.parked + page.filtered, 0);
    assert.equal(fetched, sum);
  }));
});

Deno.test("Ledger counts logs with odd times", () => {
  const ledger = new Ledger();
  ledger.pageDone("p/l", 0, reportOf(4));
  assert.equal(ledger.entries()[0]!.oddTimes, 0);
  ledger.pageDone("p/l", 0, { ...reportOf(4), oddTimes: 2 });
  ledger.pageDone("p/l", 0, { ...reportOf(4), oddTimes: 1 });
  assert.equal(ledger.entries()[0]!.oddTimes, 3);
});
