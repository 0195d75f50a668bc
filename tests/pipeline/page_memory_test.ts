import { WeightedSemaphore } from "../../src/base/weighted_semaphore.ts";
import assert from "node:assert/strict";
import { PageMemory } from "../../src/pipeline/page_memory.ts";
import { settleInside } from "../support/fake_clock.ts";

const MIB = 1024 * 1024;
const never = new AbortController().signal;

Deno.test("PageMemory lets pages wait for their turn while it is reserved", async () => {
  const memory = new PageMemory(new WeightedSemaphore(4 * MIB));
  const first = await memory.reserve(3 * MIB, never);
  let second = false;
  const waiting = memory.reserve(2 * MIB, never).then((permit) => (second = true, permit));
  await settleInside();
  assert.equal(second, false);
  assert.equal(memory.reservedBytes, 3 * MIB);
  first.shrink(1 * MIB);
  (await waiting).release();
  assert.equal(memory.reservedBytes, 1 * MIB);
});

Deno.test("PageMemory gives up a reservation that is aborted", async () => {
  const memory = new PageMemory(new WeightedSemaphore(1 * MIB));
  await memory.reserve(1 * MIB, never);
  const stop = new AbortController();
  const reason = new Error("stop");
  const waiting = memory.reserve(1 * MIB, stop.signal);
  stop.abort(reason);
  await assert.rejects(waiting, reason);
  assert.equal(memory.reservedBytes, 1 * MIB);
});
