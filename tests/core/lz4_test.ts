import assert from "node:assert/strict";
import fc from "fast-check";
import { Core } from "../../src/core/core.ts";
import { decodeLz4Block } from "../../src/emulator/sls/decode_lz4_block.ts";
import { encodeLz4Block } from "../../src/emulator/sls/encode_lz4_block.ts";
import { functions, scratch } from "./core_functions.ts";

/** Text that repeats, near and far, as pages do; and bytes that do not. */
const raw = fc.oneof(
  fc.array(
    fc.constantFrom("GET /", "aaaaaaaaaaaaaaaaaaaaaaaa", "10.0.0.1", "\n", "é", "0123456789abcdef"),
    {
      maxLength: 400,
      size: "max",
    },
  ).map((parts) => new TextEncoder().encode(parts.join(""))),
  fc.uint8Array({ maxLength: 3000, size: "max" }),
);

Deno.test("Core.lz4 opens what was compressed, exactly", () => {
  const core = new Core();
  fc.assert(fc.property(raw, (bytes) => {
    const block = encodeLz4Block(bytes);
    const target = new Uint8Array(bytes.length);
    assert.equal(core.lz4(block, target), bytes.length);
    assert.deepEqual(target, bytes);
    if (bytes.length > 0) assert.equal(core.lz4(block, target.subarray(1)), -1);
  }));
});

Deno.test("Core.lz4 opens a block larger than its usual memory, and a small one after it", () => {
  const core = new Core();
  const bytes = new Uint8Array(40_000_000);
  for (let i = 0; i < bytes.length; i += 97) bytes[i] = i >> 8;
  for (const part of [bytes, bytes.subarray(0, 1000)]) {
    const target = new Uint8Array(part.length);
    assert.equal(core.lz4(encodeLz4Block(part), target), part.length);
    assert.ok(target.toHex() === part.toHex());
  }
});

Deno.test("lz4 decodes or refuses cut and damaged blocks as the plain decoder does, inside its bounds", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
  fc.assert(
    fc.property(raw, fc.nat(), damage, fc.nat(20), (bytes, cut, changes, more) => {
      const block = encodeLz4Block(bytes);
      const cutBlock = block.slice(0, block.length - cut % (block.length + 1));
      for (const [place, byte] of changes) {
        if (cutBlock.length > 0) cutBlock[place % cutBlock.length] = byte;
      }
      const capacity = bytes.length + more;
      const SLACK = 64;
      const memory = scratch(cutBlock.length + SLACK + capacity + 2 * SLACK).fill(0xee);
      memory.set(cutBlock);
      const start = memory.byteOffset;
      const target = cutBlock.length + SLACK;
      const length = functions.lz4(start, cutBlock.length, start + target, capacity);
      assert.ok(memory.subarray(target + capacity + SLACK).every((byte) => byte === 0xee));
      let expected: Uint8Array | undefined;
      try {
        if (length >= 0) expected = decodeLz4Block(cutBlock, length);
      } catch {
        expected = undefined;
      }
      if (length >= 0 && length > 0) {
        assert.deepEqual(
          memory.slice(target, target + length),
          expected && new Uint8Array(expected),
        );
      }
      if (changes.length === 0 && cut % (block.length + 1) === 0) {
        assert.equal(length, bytes.length);
      }
    }),
    { numRuns: 2000 },
  );
});
