import { WeightedSemaphore } from "../../src/base/weighted_semaphore.ts";
import assert from "node:assert/strict";
import { BatchMemory } from "../../src/pipeline/batch_memory.ts";
import { settleInside } from "../support/fake_clock.ts";

const BATCH_BYTES = 100_000; // 125,000 while it fills
const never = new AbortController().signal;

Deno.test("BatchMemory reserves for a batch what it may grow to, until it is released", async () => {
  const memory = new BatchMemory(new WeightedSemaphore(1_000_000), BATCH_BYTES);
  const { draft, release } = await memory.take(never);
  assert.equal(draft.count, 0);
  assert.equal(memory.reservedBytes, 125_000);
  release();
  release();
  assert.equal(memory.reservedBytes, 0);
});

Deno.test("BatchMemory reserves for a packed batch what it has come to", async () => {
  const memory = new BatchMemory(new WeightedSemaphore(1_000_000), BATCH_BYTES);
  const { packed, release } = await memory.take(never);
  packed(20_000);
  assert.equal(memory.reservedBytes, 20_000);
  release();
  assert.equal(memory.reservedBytes, 0);
});

Deno.test("BatchMemory makes builders wait when it is used up", async () => {
  const memory = new BatchMemory(new WeightedSemaphore(300_000), BATCH_BYTES);
  const first = await memory.take(never);
  await memory.take(never);
  let third = false;
  const waiting = memory.take(never).then(() => third = true);
  await settleInside();
  assert.equal(third, false);
  first.packed(50_000);
  await waiting;
  assert.equal(memory.reservedBytes, 300_000);
});

Deno.test("BatchMemory gives a batch even where the budget is less than one", async () => {
  const memory = new BatchMemory(new WeightedSemaphore(1000), BATCH_BYTES);
  assert.equal(memory.hasRoom(500_000), true);
  const { release } = await memory.take(never);
  assert.equal(memory.reservedBytes, 125_000);
  assert.equal(memory.hasRoom(0), false);
  release();
});

Deno.test("BatchMemory gives up a wait that is aborted, and loses nothing by it", async () => {
  const memory = new BatchMemory(new WeightedSemaphore(125_000), BATCH_BYTES);
  const first = await memory.take(never);
  const stop = new AbortController();
  const reason = new Error("stop");
  const waits = [memory.take(stop.signal), memory.room(0, stop.signal)];
  stop.abort(reason);
  for (const wait of waits) await assert.rejects(wait, reason);
  assert.equal(memory.isAwaited, false);
  first.release();
  assert.equal(memory.reservedBytes, 0);
  (await memory.take(never)).release();
});

Deno.test("BatchMemory tells when there is room for a page, and has what fills meanwhile sent off", async () => {
  const memory = new BatchMemory(new WeightedSemaphore(300_000), BATCH_BYTES);
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
  filling.release();
  await waiting;
  assert.deepEqual([memory.isAwaited, memory.reservedBytes], [false, 0]);
});

Deno.test("BatchMemory hands a used draft out empty, and not to two at once", async () => {
  const memory = new BatchMemory(new WeightedSemaphore(1_000_000), BATCH_BYTES);
  const first = await memory.take(never);
  first.draft.append(Uint8Array.of(1, 2, 3));
  first.packed(100);
  const second = await memory.take(never);
  first.release();
  first.release();
  const third = await memory.take(never);
  assert.equal(second.draft, first.draft);
  assert.equal(second.draft.count, 0);
  assert.equal(second.draft.byteLength, 0);
  assert.notEqual(third.draft, first.draft);
});

Deno.test("BatchMemory does not keep a buffer that one huge event made", async () => {
  const memory = new BatchMemory(new WeightedSemaphore(1_000_000), BATCH_BYTES);
  const { draft, release } = await memory.take(never);
  draft.append(new Uint8Array(5_000_000));
  release();
  assert.notEqual((await memory.take(never)).draft, draft);
});
