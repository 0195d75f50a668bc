import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteBuffer, concatBytes } from "../../src/base/bytes.ts";

Deno.test("concatBytes() joins parts in their order", () => {
  const parts = [[1, 2], [], [3]].map((part) => Uint8Array.from(part));
  assert.deepEqual([...concatBytes(parts)], [1, 2, 3]);
  assert.equal(concatBytes([]).length, 0);
});

const bytes = fc.uint8Array({ maxLength: 40 });
const step = fc.oneof(
  fc.record({ what: fc.constant("append" as const), bytes }),
  fc.record({ what: fc.constant("clear" as const) }),
);

Deno.test("ByteBuffer holds what was written, in order, whatever its first size", () => {
  fc.assert(fc.property(fc.nat(16), fc.array(step), (capacity, steps) => {
    const buffer = new ByteBuffer(capacity);
    let expected: number[] = [];
    for (const step of steps) {
      if (step.what === "clear") {
        buffer.clear();
        expected = [];
      } else {
        buffer.append(step.bytes);
        expected.push(...step.bytes);
      }
      assert.equal(buffer.length, expected.length);
      assert.deepEqual([...buffer.view()], expected);
    }
  }));
});

Deno.test("ByteBuffer.ensure() keeps what is there, and at least doubles", () => {
  const buffer = new ByteBuffer(4);
  buffer.append(Uint8Array.of(1, 2, 3));
  const before = buffer.bytes;
  buffer.ensure(1);
  assert.equal(buffer.bytes, before);
  buffer.ensure(2);
  assert.equal(buffer.bytes.length, 8);
  buffer.ensure(100);
  assert.equal(buffer.bytes.length, 103);
  assert.deepEqual([...buffer.view()], [1, 2, 3]);
});

Deno.test("ByteBuffer.view() shows a part without copying it", () => {
  const buffer = new ByteBuffer(8);
  buffer.append(Uint8Array.of(1, 2, 3, 4));
  const view = buffer.view(1, 3);
  assert.deepEqual([...view], [2, 3]);
  assert.equal(view.buffer, buffer.bytes.buffer);
});

Deno.test("ByteBuffer.append() takes a view of itself", () => {
  const buffer = new ByteBuffer(3);
  buffer.append(Uint8Array.of(1, 2, 3));
  buffer.append(buffer.view());
  assert.deepEqual([...buffer.view()], [1, 2, 3, 1, 2, 3]);
});
