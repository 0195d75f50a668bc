import assert from "node:assert/strict";
import * as zlib from "node:zlib";
import {
  chooseCompression,
  compress,
  decompress,
  zstdAvailable,
} from "../../../src/emulator/core/sls/compression.ts";
import { workedBlock, workedBody } from "./worked_body.ts";

Deno.test("compress() makes a zlib stream for gzip and for deflate", () => {
  for (const how of ["gzip", "deflate"] as const) {
    const body = compress(how, workedBody);
    assert.equal(body[0], 0x78);
    assert.deepEqual(Uint8Array.from(zlib.inflateSync(body)), workedBody);
  }
});

Deno.test("decompress() opens every kind of body that clients send", () => {
  for (
    const [how, body] of [
      ["lz4", workedBlock],
      ["deflate", zlib.deflateSync(workedBody)],
      ["gzip", zlib.gzipSync(workedBody)],
      ["gzip", zlib.deflateSync(workedBody)],
      ["", workedBody],
      ...(zstdAvailable ? [["zstd", zlib.zstdCompressSync(workedBody)] as const] : []),
    ] as const
  ) {
    assert.deepEqual(Uint8Array.from(decompress(how, body, workedBody.length)), workedBody);
  }
});

Deno.test("decompress() refuses a body of another size than announced", () => {
  for (const rawSize of [workedBody.length - 1, workedBody.length + 1]) {
    assert.throws(() => decompress("lz4", workedBlock, rawSize));
    assert.throws(() => decompress("deflate", zlib.deflateSync(workedBody), rawSize));
    assert.throws(() => decompress("", workedBody, rawSize));
  }
});

for (
  const { accept, chosen } of [
    { accept: null, chosen: "" },
    { accept: "", chosen: "" },
    { accept: "lz4", chosen: "lz4" },
    { accept: "LZ4;q=1", chosen: "lz4" },
    { accept: "deflate", chosen: "deflate" },
    { accept: "br, gzip", chosen: "gzip" },
    { accept: "zstd,lz4,gzip", chosen: zstdAvailable ? "zstd" : "lz4" },
    { accept: "identity", chosen: "" },
    { accept: "br", chosen: undefined },
  ]
) {
  Deno.test(`chooseCompression() takes ${JSON.stringify(chosen)} for ${accept}`, () => {
    assert.equal(chooseCompression(accept), chosen);
  });
}
