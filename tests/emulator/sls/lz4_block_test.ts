import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeLz4Block, Lz4Error } from "../../../src/emulator/core/sls/decode_lz4_block.ts";
import { encodeLz4Block } from "../../../src/emulator/core/sls/encode_lz4_block.ts";
import { fromHex, workedBlock, workedBody } from "./worked_body.ts";

Deno.test("decodeLz4Block() opens a block of the reference encoder", () => {
  assert.deepEqual(decodeLz4Block(workedBlock, workedBody.length), workedBody);
});

Deno.test("decodeLz4Block() opens a block of literals only, as the Go SDK writes", () => {
  const block = Uint8Array.of(0xf0, 107 - 15, ...workedBody);
  assert.deepEqual(decodeLz4Block(block, 107), workedBody);
});

for (
  const { name, block, rawSize } of [
    { name: "ends within a length", block: "f0ff", rawSize: 400 },
    { name: "ends within literals", block: "4061", rawSize: 4 },
    { name: "ends within an offset", block: "106101", rawSize: 9 },
    { name: "points before its content", block: "10610200", rawSize: 5 },
    { name: "has offset zero", block: "10610000", rawSize: 5 },
    { name: "has literals beyond its size", block: "30616263", rawSize: 2 },
    { name: "has a match beyond its size", block: "10610100", rawSize: 3 },
    { name: "is shorter than its size", block: "30616263", rawSize: 4 },
    { name: "is empty for a size above zero", block: "", rawSize: 1 },
  ]
) {
  Deno.test(`decodeLz4Block() refuses a block that ${name}`, () => {
    assert.throws(() => decodeLz4Block(fromHex(block), rawSize), Lz4Error);
  });
}

Deno.test("decodeLz4Block() opens whatever encodeLz4Block() makes", () => {
  const repetitive = fc.array(fc.constantFrom("GET /index.html ", "错误", "x", "10.0.0.1 "), {
    maxLength: 400,
  }).map((parts) => new TextEncoder().encode(parts.join("")));
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), repetitive), (bytes) => {
    const block = encodeLz4Block(bytes);
    assert.deepEqual(decodeLz4Block(block, bytes.length), bytes);
  }));
});

for (
  const { name, bytes, smallerThan } of [
    { name: "a run of one byte", bytes: new Uint8Array(100_000).fill(7), smallerThan: 500 },
    {
      name: "a text that repeats beyond the reach of an offset",
      bytes: Uint8Array.from({ length: 200_000 }, (_, i) => (i % 70_000) * 31 >> 3),
      smallerThan: 200_000,
    },
    {
      name: "bytes that do not repeat",
      bytes: Uint8Array.from({ length: 50_000 }, (_, i) => Math.imul(i, 2654435761) >>> 24),
      smallerThan: 51_000,
    },
  ]
) {
  Deno.test(`encodeLz4Block() compresses ${name} without loss`, () => {
    const block = encodeLz4Block(bytes);
    assert.ok(block.length < smallerThan, `${block.length} bytes`);
    assert.deepEqual(decodeLz4Block(block, bytes.length), bytes);
  });
}

Deno.test("encodeLz4Block() ends with at least five literals, as the format requires", () => {
  const block = encodeLz4Block(new Uint8Array(64).fill(1));
  assert.deepEqual(block.slice(-6), Uint8Array.of(0x50, 1, 1, 1, 1, 1));
});
