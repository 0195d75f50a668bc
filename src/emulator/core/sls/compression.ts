import * as zlib from "node:zlib";
import { decodeLz4Block } from "./decode_lz4_block.ts";
import { encodeLz4Block } from "./encode_lz4_block.ts";

/** How a body is compressed: the value of `x-log-compresstype`; empty for none. */
export type Compression = "lz4" | "zstd" | "gzip" | "deflate" | "";

/** Whether this runtime supports zstd. Deno 2.6.8 has the functions, but they fail. */
export const zstdAvailable = canZstd();

function canZstd(): boolean {
  try {
    return zlib.zstdCompressSync(new Uint8Array(1)).length > 0;
  } catch {
    return false;
  }
}

const known: readonly string[] = ["lz4", "gzip", "deflate", ...(zstdAvailable ? ["zstd"] : [])];

/** Whether bodies can be compressed and decompressed in this way. */
export function isCompression(name: string): name is Compression {
  return name === "" || known.includes(name);
}

/**
 * The compression of a PullLogs answer: the first entry of `Accept-Encoding` that SLS knows. No
 * header, an empty one, `identity` and `*` mean none.
 *
 * @returns undefined when there are entries and none is known.
 */
export function chooseCompression(acceptEncoding: string | null): Compression | undefined {
  const wanted = (acceptEncoding ?? "").split(",")
    .map((entry) => entry.split(";")[0]!.trim().toLowerCase());
  for (const name of wanted) {
    if (name === "identity" || name === "*") return "";
    if (isCompression(name)) return name;
  }
  return undefined;
}

/** Compresses a body. `gzip` and `deflate` are both a zlib stream, as in the real service. */
export function compress(how: Compression, raw: Uint8Array): Uint8Array {
  switch (how) {
    case "lz4":
      return encodeLz4Block(raw);
    case "zstd":
      return zlib.zstdCompressSync(raw);
    case "gzip":
    case "deflate":
      return zlib.deflateSync(raw, { level: 1 });
    case "":
      return raw;
  }
}

/**
 * Decompresses a body, which must have exactly `rawSize` bytes. `gzip` and `deflate` accept both a
 * zlib stream and a gzip file.
 *
 * @throws {Error} if it is malformed or of another size.
 */
export function decompress(how: Compression, body: Uint8Array, rawSize: number): Uint8Array {
  const raw = open(how, body, rawSize);
  if (raw.length !== rawSize) {
    throw new Error(`the content has ${raw.length} bytes instead of ${rawSize}`);
  }
  return raw;
}

function open(how: Compression, body: Uint8Array, rawSize: number): Uint8Array {
  const limit = { maxOutputLength: Math.max(rawSize, 1) };
  switch (how) {
    case "lz4":
      return decodeLz4Block(body, rawSize);
    case "zstd":
      return zlib.zstdDecompressSync(body, limit);
    case "gzip":
    case "deflate":
      return zlib.unzipSync(body, limit);
    case "":
      return body;
  }
}
