import assert from "node:assert/strict";
import fc from "fast-check";
import { AckIds, type AckResult, type AssignedId } from "../../../src/hec/ack/ack_ids.ts";
import { settleInside } from "../../support/fake_clock.ts";

/** What has become of each wait by now; undefined while it is pending. */
async function results(waits: readonly Promise<AckResult>[]): Promise<(AckResult | undefined)[]> {
  const known: (AckResult | undefined)[] = waits.map(() => undefined);
  for (const [i, wait] of waits.entries()) {
    void wait.then((result) => known[i] = result); // some stay open
  }
  await settleInside();
  return known;
}

/** Requests that were sent and answered, each with what it drew. */
function answered(ids: AckIds, ...drawn: AssignedId[]): void {
  for (const one of drawn) ids.end(ids.begin(), one);
}

/** Ids that were drawn one after the other and are waited for. */
function waiting(ids: AckIds, count: number, deadlineMs = 100): Promise<AckResult>[] {
  return Array.from({ length: count }, (_, id) => {
    answered(ids, id);
    return ids.expect(id, deadlineMs)!;
  });
}

Deno.test("AckIds settles an id once, with true", async () => {
  const ids = new AckIds();
  const [wait] = waiting(ids, 1);
  assert.deepEqual(ids.pending, [0]);
  ids.acknowledge(7);
  assert.equal(ids.pendingCount, 1);
  ids.acknowledge(0);
  ids.acknowledge(0);
  assert.equal(await wait, "acked");
  assert.equal(ids.pendingCount, 0);
  assert.equal(ids.isUnusable, false);
});

Deno.test("AckIds takes ids in any order, when answers overtake one another, and each once", () => {
  const order = fc.shuffledSubarray(Array.from({ length: 40 }, (_, i) => i), { minLength: 1 });
  fc.assert(fc.property(order, fc.nat(39), (drawn, again) => {
    const ids = new AckIds();
    answered(ids, ...drawn);
    assert.equal(ids.isUnusable, false);
    answered(ids, drawn[again % drawn.length]!);
    assert.equal(ids.isUnusable, true);
  }));
});

Deno.test("AckIds knows an id again that was acknowledged long ago", () => {
  const ids = new AckIds();
  waiting(ids, 5);
  for (const id of ids.pending) ids.acknowledge(id);
  answered(ids, 2);
  assert.equal(ids.isUnusable, true);
});

Deno.test("AckIds does not remember endless holes for an id that is far ahead", () => {
  const ids = new AckIds();
  answered(ids, 2 ** 52, 2 ** 52 - 10_000);
  assert.equal(ids.isUnusable, false);
  answered(ids, 2 ** 52 - 10_001);
  assert.equal(ids.isUnusable, true);
});

Deno.test("AckIds stays small and quick while ids jump", () => {
  const ids = new AckIds();
  const before = Deno.memoryUsage().heapUsed;
  for (let i = 0; i < 100_000; i++) {
    answered(ids, i * 10_001);
    void ids.expect(i * 10_001, 0); // expires at once
    ids.expire(0);
  }
  assert.ok(Deno.memoryUsage().heapUsed - before < 100e6);
  assert.equal(ids.isUnusable, false);
});

Deno.test("AckIds gives up the ids whose time is over, and no others", async () => {
  const ids = new AckIds();
  const waits = [100, 200, 300].map((deadlineMs, id) => {
    answered(ids, id);
    return ids.expect(id, deadlineMs)!;
  });
  assert.equal(ids.expire(99), 0);
  assert.equal(ids.expire(200), 2);
  assert.deepEqual(await results(waits), ["timed_out", "timed_out", undefined]);
  assert.deepEqual(ids.pending, [2]);
  ids.acknowledge(0); // too late: its events are sent again
  assert.deepEqual(await results(waits), ["timed_out", "timed_out", undefined]);
});

Deno.test("AckIds that are broken give up all, those to come too", async () => {
  const ids = new AckIds();
  const waits = waiting(ids, 2);
  ids.invalidate();
  assert.deepEqual(await results(waits), ["invalidated", "invalidated"]);
  assert.equal(ids.expect(2, 100), undefined);
  ids.acknowledge(2);
  assert.equal(ids.pendingCount, 0);
});

Deno.test("AckIds believes no true of a low id while a request is open that may have drawn it again", async () => {
  const ids = new AckIds();
  const waits = waiting(ids, 6);
  const open = ids.begin();
  for (let id = 0; id < 6; id++) ids.acknowledge(id);
  // One request may have drawn two ids, and hidden two more behind holes: no more than 0 to 3.
  assert.deepEqual(await results(waits), [...Array(4).fill(undefined), "acked", "acked"]);
  ids.end(open, 6);
  assert.deepEqual(await results(waits), Array(6).fill("acked"));
});

Deno.test("AckIds breaks when the open request turns out to have drawn the id again", async () => {
  const ids = new AckIds();
  const waits = waiting(ids, 1);
  const open = ids.begin();
  ids.acknowledge(0);
  ids.end(open, 0);
  assert.deepEqual(await results(waits), ["invalidated"]);
});

Deno.test("AckIds does not wait for requests that were sent after the true came", async () => {
  const ids = new AckIds();
  const waits = waiting(ids, 1);
  const before = ids.begin();
  ids.acknowledge(0);
  ids.begin();
  assert.deepEqual(await results(waits), [undefined]);
  ids.end(before, "none");
  assert.deepEqual(await results(waits), ["acked"]);
});

Deno.test("AckIds gives up a doubted id when it can never be known which id a request got", async () => {
  const ids = new AckIds();
  const waits = waiting(ids, 6);
  const lost = ids.begin();
  ids.acknowledge(1);
  ids.end(lost, "unknown");
  assert.equal(ids.isUnusable, true);
  assert.equal((await results(waits))[1], "ambiguous");
  ids.acknowledge(2);
  ids.acknowledge(5);
  assert.deepEqual(await results(waits), [
    ...[undefined, "ambiguous", "ambiguous", undefined, undefined, "acked"] as const,
  ]);
});

Deno.test("AckIds gives up a doubted id in its time, too", async () => {
  const ids = new AckIds();
  const waits = waiting(ids, 1, 500);
  const open = ids.begin();
  ids.acknowledge(0);
  assert.equal(ids.expire(500), 1);
  ids.end(open, 1);
  assert.deepEqual(await results(waits), ["timed_out"]);
});
