import assert from "node:assert/strict";
import fc from "fast-check";
import { BufferPool } from "../../src/pipeline/buffer_pool.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

const poolOf = (mostBytes: number) => new BufferPool(() => mostBytes, 64 * KIB);

Deno.test("BufferPool.capacityFor() gives at least what is asked, and hardly more", () => {
  const pool = poolOf(MIB);
  assert.equal(pool.capacityFor(0), 64 * KIB);
  assert.equal(pool.capacityFor(64 * KIB), 64 * KIB);
  assert.equal(pool.capacityFor(64 * KIB + 1), 80 * KIB);
  assert.equal(pool.capacityFor(64 * MIB), 64 * MIB);
  fc.assert(fc.property(fc.nat(200 * MIB), (bytes) => {
    const capacity = pool.capacityFor(bytes);
    assert.ok(capacity >= bytes && capacity >= 64 * KIB);
    assert.ok(capacity <= Math.max(64 * KIB, bytes * 1.25));
    assert.equal(pool.capacityFor(capacity), capacity);
  }));
});

Deno.test("BufferPool uses a buffer again for a page of about the same size, never for a smaller one", () => {
  const pool = poolOf(16 * MIB);
  const buffer = pool.take(3 * MIB);
  pool.give(buffer);
  const small = pool.take(100);
  assert.equal(small.length, 64 * KIB); // a reservation of this size must be enough
  const same = pool.take(3 * MIB - 5);
  assert.equal(same, buffer);
  assert.notEqual(pool.take(3 * MIB), buffer); // it is in use
});

Deno.test("BufferPool drops free buffers, the oldest first, rather than hold more than its budget", () => {
  const pool = poolOf(3 * MIB);
  const old = pool.take(1 * MIB);
  const young = pool.take(1 * MIB);
  pool.give(old);
  pool.give(young);
  pool.take(2 * MIB); // leaves room for one of them
  assert.equal(old.length, 0); // freed at once
  assert.equal(pool.take(1 * MIB), young);
  assert.notEqual(pool.take(1 * MIB), old);
});

Deno.test("BufferPool keeps its buffers in use, however often they come and go", () => {
  const pool = poolOf(3 * MIB);
  const buffer = pool.take(2 * MIB);
  for (let times = 0; times < 100; times++) {
    pool.give(buffer);
    assert.equal(pool.take(2 * MIB), buffer);
  }
});

const step = fc.oneof(
  fc.record({ take: fc.constantFrom(1, 70 * KIB, 100 * KIB, 300 * KIB, 310 * KIB, MIB) }),
  fc.record({ give: fc.nat(30) }),
);

Deno.test("BufferPool never lends one buffer twice, and always one of the capacity that was asked", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const pool = poolOf(2 * MIB);
      const lent: Uint8Array<ArrayBuffer>[] = [];
      for (const step of steps) {
        if ("take" in step) {
          const buffer = pool.take(step.take);
          assert.equal(buffer.length, pool.capacityFor(step.take));
          assert.ok(!lent.includes(buffer));
          lent.push(buffer);
        } else if (lent.length > 0) {
          pool.give(lent.splice(step.give % lent.length, 1)[0]!);
        }
      }
    }),
  );
});

Deno.test("BufferPool neither lends nor empties a buffer that it is to forget", () => {
  const pool = poolOf(2 * MIB);
  const buffer = pool.take(2 * MIB);
  pool.forget(buffer);
  assert.equal(buffer.length, 2 * MIB);
  const other = pool.take(2 * MIB);
  assert.notEqual(other, buffer);
  pool.give(other); // there is room for it again
  assert.equal(pool.take(2 * MIB), other);
});
