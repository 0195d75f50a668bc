import assert from "node:assert/strict";
import fc from "fast-check";
import { IdGaps } from "../../../src/hec/ack/id_gaps.ts";

Deno.test("IdGaps distinguishes an id that comes again from one that was overtaken, as a set of all ids does", () => {
  fc.assert(fc.property(fc.array(fc.nat(60), { maxLength: 200 }), (ids) => {
    const gaps = new IdGaps();
    const seen = new Set<number>();
    for (const id of ids) {
      assert.equal(gaps.add(id), !seen.has(id), `${id} of ${ids}`);
      seen.add(id);
    }
  }));
});

const sequences: [sentence: string, idAt: (i: number) => number, mostRanges: number][] = [
  ["that jump by 10,001", (i) => i * 10_001, 1],
  ["that jump by 10,000", (i) => i * 10_000, 1],
  ["of which every second one is missing", (i) => 2 * i, 5000],
  ["that jump by more each time", (i) => i * i, 10_000],
  ["as large as they can be", (i) => Number.MAX_SAFE_INTEGER - 100_000 + i * 2, 5000],
  ["that go back and forth", (i) => (i * 7_919_993) % 2 ** 40, 100],
];
for (const [sentence, idAt, mostRanges] of sequences) {
  Deno.test(`IdGaps keeps at most ${mostRanges} ranges for ids ${sentence}`, () => {
    const gaps = new IdGaps();
    let most = 0;
    for (let i = 0; i < 50_000; i++) {
      gaps.add(idAt(i));
      most = Math.max(most, gaps.ranges);
    }
    assert.ok(most <= mostRanges, `${most} ranges`);
  });
}

Deno.test("IdGaps takes an id that is 10,001 below the highest for one that came before", () => {
  const gaps = new IdGaps();
  assert.equal(gaps.add(50_000), true);
  assert.equal(gaps.add(39_999), false);
  assert.equal(gaps.add(40_000), true);
  assert.equal(gaps.add(40_000), false);
});
