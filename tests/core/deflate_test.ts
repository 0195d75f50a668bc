import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import fc from "fast-check";
import { Core } from "../../src/core/core.ts";
import { gzip } from "../../src/core/gzip.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { functions, scratch } from "./core_functions.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function assertInflates(packed: Uint8Array, plain: Uint8Array): void {
  assert.equal(Buffer.compare(zlib.inflateRawSync(packed), Buffer.from(plain)), 0);
}

const member = fc.tuple(fc.constantFrom("a", "bb", "status", "request_id"), fc.string());
const events = fc.array(fc.array(member, { maxLength: 6 }), { maxLength: 60, size: "max" })
  .map((list) => encode(list.map((pairs) => JSON.stringify(Object.fromEntries(pairs))).join("")));
const periodic = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(3000))
  .map(([unit, length]) => Uint8Array.from({ length }, (_, i) => unit[i % unit.length]!));
const seams = fc.array(fc.constantFrom(...',"}{:x'), { maxLength: 3000, size: "max" })
  .map((list) => encode(list.join("")));
const plain = fc.oneof(events, periodic, seams, fc.uint8Array({ maxLength: 3000, size: "max" }));

Deno.test("Core.deflate makes what inflates to the same bytes, whatever they are", () => {
  const core = new Core();
  fc.assert(
    fc.property(plain, (bytes) => assertInflates(core.deflate(bytes), bytes)),
    { numRuns: 2000 },
  );
});

Deno.test("deflate makes what inflates to the same bytes when its tokens fill many blocks", () => {
  fc.assert(
    fc.property(plain, fc.integer({ min: 3, max: 40 }), (bytes, tokens) => {
      const tokensAt = (bytes.length + 64 + 63) & ~63;
      const to = tokensAt + tokens * 8 + 64;
      const memory = scratch(to + bytes.length * 60 + 8192).fill(0xee);
      memory.set(bytes);
      const start = memory.byteOffset;
      const length = functions.deflate(
        ...[start, bytes.length, start + tokensAt, tokens * 8, start + to] as const,
      );
      assertInflates(memory.subarray(to, to + length), bytes);
      assert.ok(memory.subarray(tokensAt + tokens * 8, to).every((byte) => byte === 0xee));
    }),
    { numRuns: 500 },
  );
});

const random = seededRandom(3);

Deno.test("Core.deflate writes matches of every length at distances from near to as far as they go", () => {
  const noise = (length: number) =>
    Array.from({ length }, () => String.fromCharCode(97 + random() * 26)).join("");
  let text = "";
  for (let distance = 1; distance < 34_000; distance = Math.ceil(distance * 1.09)) {
    const length = 4 + Math.floor(random() * 600);
    const member = `,"${noise(length)}`;
    text += member + noise(Math.max(0, distance - member.length)) + member;
  }
  const bytes = encode(text);
  const packed = new Core().deflate(bytes);
  assertInflates(packed, bytes);
  assert.ok(packed.length < bytes.length * 0.58, `${packed.length} of ${bytes.length} bytes`);
});

const large: [sentence: string, plain: Uint8Array][] = [
  ["nothing", new Uint8Array(0)],
  ["5 MB of one byte", new Uint8Array(5_000_000).fill(0x61)],
  ["2 MB that do not repeat", Uint8Array.from({ length: 2_000_000 }, () => random() * 256)],
  [
    "2 MB of rare letters behind 1 MB of common ones",
    Uint8Array.from(
      { length: 3_000_000 },
      (_, i) => i < 1e6 ? 0x61 + random() * 3 : random() * 256,
    ),
  ],
  [
    "1 MB of short matches",
    Uint8Array.from({ length: 1_000_000 }, (_, i) => i % 5 === 0 ? random() * 256 : 0x61),
  ],
  [
    "one member of 1 MB among small ones",
    encode(`{"a":"1","b":"${"xyz,".repeat(250_000)}","c":"2"}{"a":"1"}`),
  ],
];
for (const [sentence, bytes] of large) {
  Deno.test(`Core.deflate packs ${sentence} into less than twice the room`, () => {
    const packed = new Core().deflate(bytes);
    assertInflates(packed, bytes);
    assert.ok(packed.length <= bytes.length * 1.6 + 400, `${packed.length} bytes`);
  });
}

Deno.test("gzip() by the core is smaller than zlib's for events, also when their shapes take turns", () => {
  const shapes = [["a", "b", "c"], ["level", "message", "user_agent"], ["b", "x"]];
  const text = Array.from({ length: 4000 }, (_, i) => {
    const shape = shapes[i % shapes.length]!;
    const event = shape.map((key) => [key, `${key} ${Math.floor(random() * 1e6)}`]);
    return JSON.stringify({ time: 1_790_000_000 + i, event: Object.fromEntries(event) });
  }).join("");
  const [own, zlibs] = ([true, "zlib"] as const).map((how) => gzip(encode(text), how));
  for (const body of [own!, zlibs!]) assert.equal(zlib.gunzipSync(body).toString(), text);
  assert.ok(own!.length < zlibs!.length, `${own!.length} bytes, zlib ${zlibs!.length}`);
});
