import { Permits } from "../../src/base/permits.ts";
import assert from "node:assert/strict";
import fc from "fast-check";
import { capacityFor, PageMemory } from "../../src/pipeline/page_memory.ts";
import { settleInside } from "../support/fake_clock.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const never = new AbortController().signal;

Deno.test("capacityFor() gives at least what is asked, and hardly more", () => {
  assert.equal(capacityFor(0), 64 * KIB);
  assert.equal(capacityFor(64 * KIB), 64 * KIB);
  assert.equal(capacityFor(64 * KIB + 1), 80 * KIB);
  assert.equal(capacityFor(64 * MIB), 64 * MIB);
  fc.assert(fc.property(fc.nat(200 * MIB), (bytes) => {
    const capacity = capacityFor(bytes);
    assert.ok(capacity >= bytes && capacity >= 64 * KIB);
    assert.ok(capacity <= Math.max(64 * KIB, bytes * 1.25));
    assert.equal(capacityFor(capacity), capacity);
  }));
});

Deno.test("PageMemory lets pages wait for their turn while it is reserved", async () => {
  const memory = new PageMemory(new Permits(4 * MIB));
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
  const memory = new PageMemory(new Permits(1 * MIB));
  await memory.reserve(1 * MIB, never);
  const stop = new AbortController();
  const reason = new Error("stop");
  const waiting = memory.reserve(1 * MIB, stop.signal);
  stop.abort(reason);
  await assert.rejects(waiting, reason);
  assert.equal(memory.reservedBytes, 1 * MIB);
});

Deno.test("PageMemory uses a buffer again for a page of about the same size, never for a smaller one", () => {
  const memory = new PageMemory(new Permits(16 * MIB));
  const buffer = memory.take(3 * MIB);
  memory.give(buffer);
  const small = memory.take(100);
  assert.equal(small.length, 64 * KIB); // a reservation of so much must be enough
  const same = memory.take(3 * MIB - 5);
  assert.equal(same, buffer);
  assert.notEqual(memory.take(3 * MIB), buffer); // it is in use
});

Deno.test("PageMemory drops free buffers, the oldest first, rather than hold more than its budget", () => {
  const memory = new PageMemory(new Permits(3 * MIB));
  const old = memory.take(1 * MIB);
  const young = memory.take(1 * MIB);
  memory.give(old);
  memory.give(young);
  memory.take(2 * MIB); // leaves room for one of them
  assert.equal(memory.take(1 * MIB), young);
  assert.notEqual(memory.take(1 * MIB), old);
});

Deno.test("PageMemory keeps its buffers in use, however often they come and go", () => {
  const memory = new PageMemory(new Permits(3 * MIB));
  const buffer = memory.take(2 * MIB);
  for (let times = 0; times < 100; times++) {
    memory.give(buffer);
    assert.equal(memory.take(2 * MIB), buffer);
  }
});

const step = fc.oneof(
  fc.record({ take: fc.constantFrom(1, 70 * KIB, 100 * KIB, 300 * KIB, 310 * KIB, MIB) }),
  fc.record({ give: fc.nat(30) }),
);

Deno.test("PageMemory never lends one buffer twice, and always one of the capacity that was asked", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const memory = new PageMemory(new Permits(2 * MIB));
      const lent: Uint8Array<ArrayBuffer>[] = [];
      for (const step of steps) {
        if ("take" in step) {
          const buffer = memory.take(step.take);
          assert.equal(buffer.length, capacityFor(step.take));
          assert.ok(!lent.includes(buffer));
          lent.push(buffer);
        } else if (lent.length > 0) {
          memory.give(lent.splice(step.give % lent.length, 1)[0]!);
        }
      }
    }),
  );
});
