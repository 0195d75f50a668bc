import { Permits } from "../../src/base/permits.ts";
import assert from "node:assert/strict";
import { BatchMemory } from "../../src/pipeline/batch_memory.ts";
import { settleInside } from "../support/fake_clock.ts";

const BATCH_BYTES = 100_000; // 250,000 with its compressed form
const never = new AbortController().signal;

Deno.test("BatchMemory reserves for a batch what it may grow to, until it is released", async () => {
  const memory = new BatchMemory(new Permits(1_000_000), BATCH_BYTES);
  const { batch, release } = await memory.take(never);
  assert.equal(batch.count, 0);
  assert.equal(memory.reservedBytes, 250_000);
  release();
  release();
  assert.equal(memory.reservedBytes, 0);
});

Deno.test("BatchMemory makes builders wait when it is used up", async () => {
  const memory = new BatchMemory(new Permits(600_000), BATCH_BYTES);
  const first = await memory.take(never);
  await memory.take(never);
  let third = false;
  const waiting = memory.take(never).then(() => third = true);
  await settleInside();
  assert.equal(third, false);
  first.release();
  await waiting;
  assert.equal(memory.reservedBytes, 500_000);
});

Deno.test("BatchMemory gives a batch even where the budget is less than one", async () => {
  const memory = new BatchMemory(new Permits(1000), BATCH_BYTES);
  const { release } = await memory.take(never);
  assert.equal(memory.reservedBytes, 250_000);
  release();
});

Deno.test("BatchMemory gives up a wait that is aborted, and loses nothing by it", async () => {
  const memory = new BatchMemory(new Permits(250_000), BATCH_BYTES);
  const first = await memory.take(never);
  const stop = new AbortController();
  const reason = new Error("stop");
  const waiting = memory.take(stop.signal);
  stop.abort(reason);
  await assert.rejects(waiting, reason);
  first.release();
  assert.equal(memory.reservedBytes, 0);
  (await memory.take(never)).release();
});

Deno.test("BatchMemory hands a used batch out empty, and not to two at once", async () => {
  const memory = new BatchMemory(new Permits(1_000_000), BATCH_BYTES);
  const first = await memory.take(never);
  first.batch.append(Uint8Array.of(1, 2, 3));
  first.release();
  first.release();
  const second = await memory.take(never);
  const third = await memory.take(never);
  assert.equal(second.batch, first.batch);
  assert.equal(second.batch.count, 0);
  assert.equal(second.batch.byteLength, 0);
  assert.notEqual(third.batch, first.batch);
});

Deno.test("BatchMemory does not keep a buffer that one huge event made", async () => {
  const memory = new BatchMemory(new Permits(1_000_000), BATCH_BYTES);
  const { batch, release } = await memory.take(never);
  batch.append(new Uint8Array(5_000_000));
  release();
  assert.notEqual((await memory.take(never)).batch, batch);
});
