import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonTextLength, jsonTextRoom, writeJsonText } from "../../src/transcode/json_text.ts";

/** The oracle: what the Encoding Standard makes of the bytes, as the inside of a JSON string. */
function expectedText(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return JSON.stringify(text).slice(1, -1);
}

/** Writes between other bytes on both sides, which must neither be read nor touched. */
function written(bytes: Uint8Array): string {
  const source = new Uint8Array([0xbf, 0xbf, ...bytes, 0x80, 0xbf, 0xbf]);
  const target = new Uint8Array(jsonTextRoom(bytes, 0, bytes.length) + 2).fill(0x7e);
  const end = writeJsonText(source, 2, 2 + bytes.length, target, 1);
  assert.equal(jsonTextLength(source, 2, 2 + bytes.length), end - 1);
  assert.ok(end < target.length, "more was written than room was made for");
  assert.equal(target[0], 0x7e);
  assert.ok(target.subarray(end).every((byte) => byte === 0x7e), "bytes behind were touched");
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(target.subarray(1, end));
}

function assertAsDecoded(bytes: Uint8Array): void {
  assert.equal(written(bytes), expectedText(bytes), `bytes ${bytes.toHex()}`);
}

Deno.test("writeJsonText writes every single byte as TextDecoder and JSON.stringify do", () => {
  for (let byte = 0; byte < 256; byte++) assertAsDecoded(new Uint8Array([byte]));
});

Deno.test("writeJsonText writes every pair of bytes as TextDecoder and JSON.stringify do", () => {
  for (let pair = 0; pair < 65536; pair++) assertAsDecoded(new Uint8Array([pair >> 8, pair & 255]));
});

/** Bytes at and next to every border of the UTF-8 table. */
const BORDERS = [
  ...[0x00, 0x1f, 0x22, 0x41, 0x5c, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2],
  ...[0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff],
];

Deno.test("writeJsonText writes every triple of border bytes as TextDecoder does", () => {
  for (const a of BORDERS) {
    for (const b of BORDERS) {
      for (const c of BORDERS) assertAsDecoded(new Uint8Array([a, b, c]));
    }
  }
});

Deno.test("writeJsonText writes every four bytes behind a four-byte lead as TextDecoder does", () => {
  for (const lead of [0xf0, 0xf1, 0xf3, 0xf4, 0xf5]) {
    for (const b of BORDERS) {
      for (const c of BORDERS) {
        for (const d of BORDERS) assertAsDecoded(new Uint8Array([lead, b, c, d]));
      }
    }
  }
});

Deno.test("writeJsonText writes long runs of any bytes as TextDecoder does", () => {
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

Deno.test("writeJsonText keeps every character that is valid UTF-8", () => {
  for (let code = 0; code <= 0x10ffff; code += code < 0x3000 ? 1 : 0x101) {
    if (code >= 0xd800 && code < 0xe000) continue;
    assertAsDecoded(new TextEncoder().encode(String.fromCodePoint(code)));
  }
});

Deno.test("jsonTextRoom is exact above 64 KiB, so that long plain text takes no sixfold room", () => {
  const plain = new Uint8Array(70_000).fill(0x61);
  assert.equal(jsonTextRoom(plain, 0, plain.length), 70_000);
  const control = new Uint8Array(70_000).fill(0x01);
  assert.equal(jsonTextRoom(control, 0, control.length), 420_000);
  assert.equal(jsonTextRoom(plain, 0, 1000), 6000);
});
