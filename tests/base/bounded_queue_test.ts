import assert from "node:assert/strict";
import { BoundedQueue } from "../../src/base/bounded_queue.ts";
import { yieldToEventLoop } from "../../src/base/runtime.ts";
import { settleInside } from "../support/fake_clock.ts";

const never = new AbortController().signal;

Deno.test("BoundedQueue gives items in the order in which they were put", async () => {
  const box = new BoundedQueue<number>(3);
  for (const item of [1, 2, 3]) await box.put(item, never);
  assert.deepEqual([await box.take(never), await box.take(never), await box.take(never)], [
    1,
    2,
    3,
  ]);
  assert.deepEqual(box.drain(), []);
});

Deno.test("BoundedQueue makes `put` wait while it is full", async () => {
  const box = new BoundedQueue<string>(1);
  await box.put("first", never);
  let put = false;
  const putting = box.put("second", never).then(() => put = true);
  await settleInside();
  assert.equal(put, false);
  assert.equal(await box.take(never), "first");
  await putting;
  assert.deepEqual(box.drain(), ["second"]);
});

Deno.test("BoundedQueue makes `take` wait while it is empty", async () => {
  const box = new BoundedQueue<string>(1);
  const taking = box.take(never);
  await settleInside();
  await box.put("late", never);
  assert.equal(await taking, "late");
});

Deno.test("BoundedQueue that is closed gives what waits, then undefined", async () => {
  const box = new BoundedQueue<string>(2);
  await box.put("last", never);
  box.close();
  assert.equal(await box.take(never), "last");
  assert.equal(await box.take(never), undefined);
});

Deno.test("BoundedQueue.close() ends a take that waits", async () => {
  const box = new BoundedQueue<string>(1);
  const taking = box.take(never);
  await settleInside();
  box.close();
  assert.equal(await taking, undefined);
});

Deno.test("BoundedQueue.drain() gives everything at once and lets a waiting put continue", async () => {
  const box = new BoundedQueue<string>(2);
  await box.put("a", never);
  await box.put("b", never);
  const putting = box.put("c", never);
  await settleInside();
  assert.deepEqual(box.drain(), ["a", "b"]);
  await putting;
  assert.deepEqual(box.drain(), ["c"]);
});

Deno.test("BoundedQueue.put() that is aborted leaves the item with its owner", async () => {
  const box = new BoundedQueue<string>(1);
  await box.put("first", never);
  const stop = new AbortController();
  const reason = new Error("stop");
  const putting = box.put("second", stop.signal);
  stop.abort(reason);
  await assert.rejects(putting, reason);
  assert.deepEqual(box.drain(), ["first"]);
});

Deno.test("BoundedQueue.take() that is aborted leaves the item in the box", async () => {
  const box = new BoundedQueue<string>(1);
  const stop = new AbortController();
  const reason = new Error("stop");
  const taking = box.take(stop.signal);
  await settleInside();
  stop.abort(reason);
  await box.put("late", never);
  await assert.rejects(taking, reason);
  assert.deepEqual(box.drain(), ["late"]);
});

Deno.test("BoundedQueue between a fast putter and a slow taker loses and doubles nothing", async () => {
  const box = new BoundedQueue<number>(2);
  const got: number[] = [];
  const taker = (async () => {
    for (;;) {
      const item = await box.take(never);
      if (item === undefined) return;
      got.push(item);
      for (let turns = item % 3; turns > 0; turns--) await yieldToEventLoop();
    }
  })();
  for (let item = 0; item < 50; item++) {
    await box.put(item, never);
    const notTaken = item + 1 - got.length;
    assert.ok(notTaken <= 3, "two in the queue, one on its way to the taker");
    if (item % 7 === 0) await settleInside();
  }
  box.close();
  await taker;
  assert.deepEqual(got, Array.from({ length: 50 }, (_, item) => item));
});
