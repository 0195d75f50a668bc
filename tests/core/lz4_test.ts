import assert from "node:assert/strict";
import fc from "fast-check";
import { Core } from "../../src/core/core.ts";
import { decodeLz4Block } from "../../src/emulator/core/sls/decode_lz4_block.ts";
import { encodeLz4Block } from "../../src/emulator/core/sls/encode_lz4_block.ts";
import { mappingOf } from "./short_mapping.ts";
import { mappingBytes } from "../../src/core/event_format.ts";
import { functions, scratch } from "./core_functions.ts";
import { PLAIN_MAPPING } from "./transcode_page.ts";

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

/** Whether a core opens a block whose header says this many bytes; its page must then be malformed. */
function opens(core: Core, block: Uint8Array, rawBytes: number): boolean {
  const how = {
    cursor: new Uint8Array(0),
    cursorCounts: false,
    mapping: mappingBytes(mappingOf(PLAIN_MAPPING)),
  };
  return core.begin({ body: block, isLz4: true, rawBytes, ...how }) !== "corrupt";
}

Deno.test("lz4 decodes what was compressed, exactly", () => {
  fc.assert(fc.property(raw, (bytes) => {
    const block = encodeLz4Block(bytes);
    const memory = scratch(block.length + 64 + bytes.length + 64);
    memory.set(block);
    const target = block.length + 64;
    const start = memory.byteOffset;
    const decode = (capacity: number) =>
      functions.lz4(start, block.length, start + target, capacity);
    assert.equal(decode(bytes.length), bytes.length);
    assert.deepEqual(memory.slice(target, target + bytes.length), new Uint8Array(bytes));
    if (bytes.length > 0) assert.equal(decode(bytes.length - 1), -1);
  }));
});

Deno.test("Core opens a block exactly as long as announced, and the pages of the vendor's SDK", () => {
  const core = new Core();
  const folder = new URL("../testdata/pull/", import.meta.url);
  for (const { name } of Deno.readDirSync(folder)) {
    if (!name.endsWith(".lz4")) continue;
    const block = Deno.readFileSync(new URL(name, folder));
    const { size } = Deno.statSync(new URL(name.replace(".lz4", ".pb"), folder));
    if (size === 0) continue;
    assert.ok(opens(core, block, size), name);
    assert.ok(!opens(core, block, size - 1), `${name}, longer`);
    assert.ok(!opens(core, block, size + 1), `${name}, shorter`);
    assert.ok(!opens(core, block.subarray(0, -1), size), `${name}, cut`);
  }
});

const refused: [sentence: string, block: Uint8Array, rawBytes: number][] = [
  ["a match that points before the start", Uint8Array.of(0x10, 0x61, 9, 0, 0), 100],
  ["a match that points nowhere", Uint8Array.of(0x10, 0x61, 0, 0, 0), 100],
  ["endless literals", Uint8Array.of(0xf0, 255, 255, 255), 1_000_000],
  ["nothing", new Uint8Array(0), 10],
  ["a few bytes that is said to hold 4 GB", Uint8Array.of(0x10, 0x61), 4_000_000_000],
];
for (const [sentence, block, rawBytes] of refused) {
  Deno.test(`Core refuses an LZ4 block of ${sentence}`, () => {
    assert.ok(!opens(new Core(), block, rawBytes));
  });
}

Deno.test("Core opens a block larger than its usual memory, and a small one after it", () => {
  const core = new Core();
  const bytes = new Uint8Array(40_000_000);
  for (let i = 0; i < bytes.length; i += 97) bytes[i] = i >> 8;
  for (const part of [bytes, bytes.subarray(0, 1000)]) {
    assert.ok(opens(core, encodeLz4Block(part), part.length));
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
