import assert from "node:assert/strict";
import { Mailbox } from "../../src/base/mailbox.ts";
import { settleInside } from "../support/fake_clock.ts";

const never = new AbortController().signal;

Deno.test("Mailbox gives items in the order in which they were put", async () => {
  const box = new Mailbox<number>(3);
  for (const item of [1, 2, 3]) await box.put(item, never);
  assert.equal(box.size, 3);
  assert.deepEqual([await box.take(never), await box.take(never), await box.take(never)], [
    1,
    2,
    3,
  ]);
  assert.equal(box.size, 0);
});

Deno.test("Mailbox makes the putter wait while it is full", async () => {
  const box = new Mailbox<string>(1);
  await box.put("first", never);
  let put = false;
  const putting = box.put("second", never).then(() => put = true);
  await settleInside();
  assert.equal(put, false);
  assert.equal(await box.take(never), "first");
  await putting;
  assert.equal(box.size, 1);
});

Deno.test("Mailbox makes the taker wait while it is empty", async () => {
  const box = new Mailbox<string>(1);
  const taking = box.take(never);
  await settleInside();
  await box.put("late", never);
  assert.equal(await taking, "late");
});

Deno.test("Mailbox that is closed gives what waits, then undefined", async () => {
  const box = new Mailbox<string>(2);
  await box.put("last", never);
  box.close();
  assert.equal(await box.take(never), "last");
  assert.equal(await box.take(never), undefined);
});

Deno.test("Mailbox.close() ends a take that waits", async () => {
  const box = new Mailbox<string>(1);
  const taking = box.take(never);
  await settleInside();
  box.close();
  assert.equal(await taking, undefined);
});

Deno.test("Mailbox.drain() gives everything at once and lets the putter go on", async () => {
  const box = new Mailbox<string>(2);
  await box.put("a", never);
  await box.put("b", never);
  const putting = box.put("c", never);
  await settleInside();
  assert.deepEqual(box.drain(), ["a", "b"]);
  await putting;
  assert.deepEqual(box.drain(), ["c"]);
});

Deno.test("Mailbox.put() that is aborted leaves the item with its owner", async () => {
  const box = new Mailbox<string>(1);
  await box.put("first", never);
  const stop = new AbortController();
  const reason = new Error("stop");
  const putting = box.put("second", stop.signal);
  stop.abort(reason);
  await assert.rejects(putting, reason);
  assert.deepEqual(box.drain(), ["first"]);
});

Deno.test("Mailbox.take() that is aborted leaves the item in the box", async () => {
  const box = new Mailbox<string>(1);
  const stop = new AbortController();
  const reason = new Error("stop");
  const taking = box.take(stop.signal);
  await settleInside();
  stop.abort(reason);
  await box.put("late", never);
  await assert.rejects(taking, reason);
  assert.deepEqual(box.drain(), ["late"]);
});

Deno.test("Mailbox between a fast putter and a slow taker loses and doubles nothing", async () => {
  const box = new Mailbox<number>(2);
  const got: number[] = [];
  const taker = (async () => {
    for (;;) {
      const item = await box.take(never);
      if (item === undefined) return;
      got.push(item);
      await settleInside(item % 3);
    }
  })();
  for (let item = 0; item < 50; item++) {
    await box.put(item, never);
    assert.ok(box.size <= 2);
    if (item % 7 === 0) await settleInside(2);
  }
  box.close();
  await taker;
  assert.deepEqual(got, Array.from({ length: 50 }, (_, item) => item));
});
