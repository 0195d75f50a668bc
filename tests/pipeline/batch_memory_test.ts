import assert from "node:assert/strict";
import { BatchMemory } from "../../src/pipeline/batch_memory.ts";
import { MemoryBudget } from "../../src/pipeline/memory_budget.ts";
import { settleInside } from "../support/fake_clock.ts";

const BATCH_BYTES = 100_000; // 125,000 while it fills
const never = new AbortController().signal;

Deno.test("BatchMemory reserves for a batch what it may grow to, until it is released", async () => {
  const share = new MemoryBudget(1_000_000, 1).forSource("p/l");
  const memory = new BatchMemory(share, BATCH_BYTES);
  const batch = await memory.take(never);
  assert.equal(batch.buffer.count, 0);
  assert.equal(share.reservedBytes, 125_000);
  batch[Symbol.dispose]();
  batch[Symbol.dispose]();
  assert.equal(share.reservedBytes, 0);
});

Deno.test("BatchMemory reserves for a packed batch its packed size", async () => {
  const share = new MemoryBudget(1_000_000, 1).forSource("p/l");
  const memory = new BatchMemory(share, BATCH_BYTES);
  const batch = await memory.take(never);
  batch.packed(20_000);
  assert.equal(share.reservedBytes, 20_000);
  batch[Symbol.dispose]();
  assert.equal(share.reservedBytes, 0);
});

Deno.test("BatchMemory makes builders wait when it is used up", async () => {
  const share = new MemoryBudget(300_000, 1).forSource("p/l");
  const memory = new BatchMemory(share, BATCH_BYTES);
  const first = await memory.take(never);
  await memory.take(never);
  let third = false;
  const waiting = memory.take(never).then(() => third = true);
  await settleInside();
  assert.equal(third, false);
  first.packed(50_000);
  await waiting;
  assert.equal(share.reservedBytes, 300_000);
});

Deno.test("BatchMemory gives a batch even where the budget is less than one", async () => {
  const share = new MemoryBudget(1000, 1).forSource("p/l");
  const memory = new BatchMemory(share, BATCH_BYTES);
  assert.equal(memory.hasRoom(500_000), true);
  const batch = await memory.take(never);
  assert.equal(share.reservedBytes, 125_000);
  assert.equal(memory.hasRoom(0), false);
  batch[Symbol.dispose]();
});

Deno.test("BatchMemory gives up a wait that is aborted, and loses nothing by it", async () => {
  const share = new MemoryBudget(125_000, 1).forSource("p/l");
  const memory = new BatchMemory(share, BATCH_BYTES);
  const first = await memory.take(never);
  const stop = new AbortController();
  const reason = new Error("stop");
  const waits = [memory.take(stop.signal), memory.room(0, stop.signal)];
  stop.abort(reason);
  for (const wait of waits) await assert.rejects(wait, reason);
  assert.equal(memory.isAwaited, false);
  first[Symbol.dispose]();
  assert.equal(share.reservedBytes, 0);
  (await memory.take(never))[Symbol.dispose]();
});

Deno.test("BatchMemory notifies when there is room for a page, and has batches sent that are still open", async () => {
  const share = new MemoryBudget(300_000, 1).forSource("p/l");
  const memory = new BatchMemory(share, BATCH_BYTES);
  let sentOff = false;
  const filling = await memory.take(never, () => sentOff = true);
  assert.equal(memory.hasRoom(50_000), true);
  assert.equal(memory.hasRoom(50_001), false);
  let room = false;
  const waiting = memory.room(100_000, never).then(() => room = true);
  assert.equal(memory.isAwaited, true);
  await settleInside();
  assert.deepEqual([sentOff, room], [true, false]);
  filling.packed(80_000);
  await settleInside();
  assert.equal(room, false);
  filling[Symbol.dispose]();
  await waiting;
  assert.deepEqual([memory.isAwaited, share.reservedBytes], [false, 0]);
});

Deno.test("BatchMemory hands a used buffer out empty, and not to two at once", async () => {
  const share = new MemoryBudget(1_000_000, 1).forSource("p/l");
  const memory = new BatchMemory(share, BATCH_BYTES);
  const first = await memory.take(never);
  first.buffer.append(Uint8Array.of(1, 2, 3));
  first.packed(100);
  const second = await memory.take(never);
  first[Symbol.dispose]();
  first[Symbol.dispose]();
  const third = await memory.take(never);
  assert.equal(second.buffer, first.buffer);
  assert.equal(second.buffer.count, 0);
  assert.equal(second.buffer.byteLength, 0);
  assert.notEqual(third.buffer, first.buffer);
});

Deno.test("BatchMemory does not keep a buffer that one huge event made", async () => {
  const share = new MemoryBudget(1_000_000, 1).forSource("p/l");
  const memory = new BatchMemory(share, BATCH_BYTES);
  const batch = await memory.take(never);
  batch.buffer.append(new Uint8Array(5_000_000));
  batch[Symbol.dispose]();
  assert.notEqual((await memory.take(never)).buffer, batch.buffer);
});
