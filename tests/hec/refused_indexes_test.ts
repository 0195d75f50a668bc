import assert from "node:assert/strict";
import { Secret } from "../../src/base/secret.ts";
import { RefusedIndexes } from "../../src/hec/refused_indexes.ts";
import { FakeClock } from "../support/fake_clock.ts";

const HOUR_MS = 3_600_000;
const [OLD, NEW] = [new Secret("old-token"), new Secret("new-token")];

function refusedNow({ diversion }: RefusedIndexes): string[] | undefined {
  return diversion?.from && [...diversion.from];
}

Deno.test("RefusedIndexes remembers each index for an hour", async () => {
  const clock = new FakeClock();
  const indexes = new RefusedIndexes(clock, "fallback");
  assert.equal(indexes.diversion, undefined);
  indexes.add("a", OLD);
  await clock.advance(1000);
  indexes.add("b", OLD);
  assert.deepEqual(refusedNow(indexes), ["a", "b"]);
  assert.equal(indexes.diversion!.to, "fallback");
  assert.equal(indexes.diversion, indexes.diversion);
  await clock.advance(HOUR_MS - 1000);
  assert.deepEqual(refusedNow(indexes), ["b"]);
  await clock.advance(1000);
  assert.equal(indexes.diversion, undefined);
});

Deno.test("RefusedIndexes forgets with the token, and not with an answer under the same one", () => {
  const indexes = new RefusedIndexes(new FakeClock(), "fallback");
  indexes.answered(OLD);
  indexes.add("a", OLD);
  indexes.answered(OLD);
  assert.deepEqual(refusedNow(indexes), ["a"]);
  indexes.add("b", NEW);
  assert.deepEqual(refusedNow(indexes), ["b"]);
  indexes.answered(OLD);
  assert.equal(indexes.diversion, undefined);
});

Deno.test("RefusedIndexes sends all to the fallback index where it would have to remember too many", () => {
  const indexes = new RefusedIndexes(new FakeClock(), "fallback");
  for (let i = 0; i < 1000; i++) assert.ok(indexes.add(`n${i}`, OLD).from!.has(`n${i}`));
  assert.deepEqual(indexes.add("one more", OLD), { to: "fallback", from: undefined });
  assert.equal(refusedNow(indexes)!.length, 1000);
});
