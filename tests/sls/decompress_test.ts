import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import { CorruptBody, openPage } from "../../src/sls/decompress.ts";
import { zstdOfLibrary } from "../../src/sls/zstd_frame.ts";

const folder = new URL("../testdata/pull/", import.meta.url);
const read = (name: string) => Deno.readFileSync(new URL(name, folder));
const names = [...Deno.readDirSync(folder)]
  .filter(({ name }) => name.endsWith(".pb")).map(({ name }) => name.slice(0, -3)).sort();

/** A body on the wire, by what `x-log-compresstype` calls it. */
const wires: [compressType: string | undefined, body: (name: string) => Uint8Array][] = [
  [undefined, (name) => read(`${name}.pb`)],
  ["", (name) => read(`${name}.pb`)],
  ["none", (name) => read(`${name}.pb`)],
  ["zstd", (name) => read(`${name}.zst`)],
  ["deflate", (name) => zlib.deflateSync(read(`${name}.pb`))],
  ["gzip", (name) => zlib.deflateSync(read(`${name}.pb`))],
  ["gzip", (name) => read(`${name}.gz`)],
];
for (const [index, [compressType, bodyOf]] of wires.entries()) {
  Deno.test(`openPage() opens every page of the vendor's SDK as "${compressType}" (${index})`, () => {
    for (const name of names) {
      const expected = read(`${name}.pb`);
      if (expected.length === 0) continue; // an empty page is not opened
      const page = openPage(bodyOf(name), compressType, expected.length);
      assert.deepEqual(Buffer.from(page), Buffer.from(expected), name);
    }
  });
}

const page = read("actiontrail.pb");
const lz4 = read("actiontrail.lz4");
const zstd = read("actiontrail.zst");
const deflate = zlib.deflateSync(page);
const bomb = zlib.deflateSync(new Uint8Array(50_000_000));

const broken: [sentence: string, body: Uint8Array, compressType: string, rawBytes: number][] = [
  ["zstd that is cut", zstd.subarray(0, -9), "zstd", page.length],
  ["zstd that is shorter than announced", zstd, "zstd", page.length + 1],
  ["zstd that is longer than announced", zstd, "zstd", page.length - 1],
  ["lz4 called zstd", lz4, "zstd", page.length],
  ["deflate that is cut", deflate.subarray(0, -9), "deflate", page.length],
  ["deflate that is shorter than announced", deflate, "deflate", page.length + 1],
  ["deflate of far more than announced", bomb, "deflate", 1000],
  ["a plain body that is shorter than announced", page, "", page.length + 1],
  ["an unknown compression", page, "br", page.length],
];
for (const [sentence, body, compressType, rawBytes] of broken) {
  Deno.test(`openPage() refuses ${sentence}`, () => {
    assert.throws(
      () => openPage(body, compressType, rawBytes),
      CorruptBody,
    );
  });
}

Deno.test("zstdOfLibrary() decodes what the vendor's SDK compressed, on any runtime", async () => {
  const decode = await zstdOfLibrary();
  for (const name of names) {
    const expected = read(`${name}.pb`);
    if (expected.length === 0) continue;
    const decoded = decode(read(`${name}.zst`), { maxOutputLength: expected.length });
    assert.deepEqual(Buffer.from(decoded), Buffer.from(expected), name);
  }
});

Deno.test("zstdOfLibrary() refuses what is broken or longer than allowed, and works as before", async () => {
  const decode = await zstdOfLibrary();
  for (const body of [zstd.subarray(0, -9), lz4, new Uint8Array(0), zstd.subarray(3)]) {
    assert.throws(() => decode(body, { maxOutputLength: page.length }));
  }
  assert.throws(() => decode(zstd, { maxOutputLength: page.length - 1 }));
  assert.equal(decode(zstd, { maxOutputLength: page.length }).length, page.length);
});
