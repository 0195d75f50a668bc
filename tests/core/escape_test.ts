import assert from "node:assert/strict";
import fc from "fast-check";
import { functions, scratch } from "./core_functions.ts";

/** The oracle: what the Encoding Standard makes of the bytes, as the inside of a JSON string. */
function expectedText(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return JSON.stringify(text).slice(1, -1);
}

/** Bytes behind what is written that may be touched, not more. */
const TOUCHED = 16;

/** Writes between other bytes on both sides, which must not be read. */
function written(bytes: Uint8Array): string {
  const room = bytes.length * 6 + 64;
  const memory = scratch(64 + bytes.length + 64 + room);
  const target = 64 + bytes.length + 64;
  memory.fill(0x7e);
  memory.set([0xbf, 0xbf, ...bytes, 0x80, 0xbf, 0xbf], 62);
  const start = memory.byteOffset;
  const end = functions.escape(start + 64, start + 64 + bytes.length, start + target) - start;
  const behind = memory.subarray(end + TOUCHED, target + room);
  assert.ok(behind.every((byte) => byte === 0x7e), "bytes far behind were touched");
  assert.equal(memory[target - 1], 0x7e);
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
    .decode(memory.subarray(target, end));
}

function assertAsDecoded(bytes: Uint8Array): void {
  assert.equal(written(bytes), expectedText(bytes), `bytes ${bytes.toHex()}`);
}

Deno.test("escape writes every single byte as TextDecoder and JSON.stringify do", () => {
  for (let byte = 0; byte < 256; byte++) assertAsDecoded(new Uint8Array([byte]));
});

Deno.test("escape writes every pair of bytes as TextDecoder and JSON.stringify do", () => {
  for (let pair = 0; pair < 65536; pair++) assertAsDecoded(new Uint8Array([pair >> 8, pair & 255]));
});

/** Bytes at and next to every border of the UTF-8 table. */
const BORDERS = [
  ...[0x00, 0x1f, 0x22, 0x41, 0x5c, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2],
  ...[0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff],
];

Deno.test("escape writes every triple of border bytes as TextDecoder does", () => {
  for (const a of BORDERS) {
    for (const b of BORDERS) {
      for (const c of BORDERS) assertAsDecoded(new Uint8Array([a, b, c]));
    }
  }
});

Deno.test("escape writes every four bytes behind a four-byte lead as TextDecoder does", () => {
  for (const lead of [0xf0, 0xf1, 0xf3, 0xf4, 0xf5]) {
    for (const b of BORDERS) {
      for (const c of BORDERS) {
        for (const d of BORDERS) assertAsDecoded(new Uint8Array([lead, b, c, d]));
      }
    }
  }
});

Deno.test("escape writes long runs of any bytes as TextDecoder does", () => {
  const byte = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...BORDERS) },
    fc.integer({ min: 0, max: 255 }),
  );
  const bytes = fc.oneof(
    fc.array(byte, { maxLength: 60 }).map((list) => new Uint8Array(list)),
    fc.uint8Array({ maxLength: 400 }),
    fc.string({ unit: "binary", maxLength: 80 }).map((text) => new TextEncoder().encode(text)),
  );
  fc.assert(fc.property(bytes, assertAsDecoded), { numRuns: 3000 });
});

Deno.test("escape keeps every character that is valid UTF-8", () => {
  for (let code = 0; code <= 0x10ffff; code += code < 0x3000 ? 1 : 0x101) {
    if (code >= 0xd800 && code < 0xe000) continue;
    assertAsDecoded(new TextEncoder().encode(String.fromCodePoint(code)));
  }
});
