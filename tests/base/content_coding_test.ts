import assert from "node:assert/strict";
import zlib from "node:zlib";
import fc from "fast-check";
import { openContent } from "../../src/base/content_coding.ts";

const utf8 = new TextEncoder();
const ANSWER = utf8.encode('{"text":"Success","code":0}');
const MAX = 64 * 1024;

const codings: [sentence: string, coding: string, encode: (bytes: Uint8Array) => Uint8Array][] = [
  ["gzip", "gzip", zlib.gzipSync],
  ["gzip by its old name", "x-gzip", zlib.gzipSync],
  ["gzip in capitals", " GZIP ", zlib.gzipSync],
  ["deflate with zlib's head", "deflate", zlib.deflateSync],
  ["deflate without a head", "deflate", zlib.deflateRawSync],
  ["br", "br", zlib.brotliCompressSync],
];
for (const [sentence, coding, encode] of codings) {
  Deno.test(`openContent opens ${sentence}`, () => {
    assert.deepEqual([...openContent(encode(ANSWER), coding, MAX)], [...ANSWER]);
  });

  Deno.test(`openContent makes of a bomb in ${sentence} no more than it may`, () => {
    const bomb = encode(new Uint8Array(10_000_000)).slice(0, MAX);
    assert.ok(bomb.length < MAX + 1);
    const startMs = performance.now();
    assert.ok(openContent(bomb, coding, MAX).length <= MAX);
    assert.ok(performance.now() - startMs < 5000);
  });

  Deno.test(`openContent leaves plain bytes that are called ${sentence}`, () => {
    for (const text of ['{"text":"Success","code":0}', "<html></html>", "OK", ""]) {
      const plain = utf8.encode(text);
      assert.equal(new TextDecoder().decode(openContent(plain, coding, MAX)), text);
    }
  });
}

for (const coding of [null, undefined, "", "identity", "zstd", "gzip, gzip"]) {
  Deno.test(`openContent leaves what is called ${JSON.stringify(coding)}`, () => {
    const bytes = new Uint8Array(zlib.gzipSync(ANSWER));
    assert.equal(openContent(bytes, coding, MAX), bytes);
  });
}

Deno.test("openContent gives the start of a page that is longer than what may be read", () => {
  const page = "<title>No route</title>" +
    Array.from({ length: 20_000 }, (_, i) => `<p>${i * 7919 % 104_729}</p>`).join("");
  const packed = new Uint8Array(zlib.gzipSync(utf8.encode(page)));
  const start = new TextDecoder().decode(openContent(packed, "gzip", MAX));
  assert.ok(start.length > 10_000 && start.length <= MAX, `${start.length} characters`);
  assert.ok(page.startsWith(start));
});

Deno.test("openContent gives what there is of a body that was cut off", () => {
  const noise = Array.from({ length: 3000 }, (_, i) => `${i * 7919 % 104_729}`).join();
  const packed = new Uint8Array(zlib.gzipSync(utf8.encode(noise)));
  const start = new TextDecoder().decode(openContent(packed.subarray(0, 2000), "gzip", MAX));
  assert.ok(start.length > 1000);
  assert.ok(noise.startsWith(start));
});

Deno.test("openContent never throws, whatever comes", () => {
  const coding = fc.constantFrom("gzip", "deflate", "br", "identity", "\u0000");
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), coding, (bytes, coding) => {
      assert.ok(openContent(bytes, coding, 1000).length <= 1000);
    }),
  );
});
