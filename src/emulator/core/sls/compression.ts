import * as zlib from "node:zlib";
import { decodeLz4Block } from "./decode_lz4_block.ts";
import { encodeLz4Block } from "./encode_lz4_block.ts";

/** How a body is packed: the value of `x-log-compresstype`, empty for not at all. */
export type Compression = "lz4" | "zstd" | "gzip" | "deflate" | "";

/** Whether this runtime can do zstd. Deno 2.6.8 has the functions, but they fail. */
export const zstdAvailable = canZstd();

function canZstd(): boolean {
  try {
    return zlib.zstdCompressSync(new Uint8Array(1)).length > 0;
  } catch {
    return false;
  }
}

const known: readonly string[] = ["lz4", "gzip", "deflate", ...(zstdAvailable ? ["zstd"] : [])];

/** Whether bodies can be packed and opened in this way. */
export function isCompression(name: string): name is Compression {
  return name === "" || known.includes(name);
}

/**
 * What a PullLogs answer is packed with: the first entry of `Accept-Encoding` that SLS knows; no
 * header, an empty one, `identity` and `*` mean not packed.
 * @returns undefined when entries are given and none is known.
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

/** Packs a body. `gzip` and `deflate` are both a zlib stream, as with the real service. */
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
 * Opens a body that must have exactly `rawSize` bytes. `gzip` and `deflate` take both a zlib stream
 * and a gzip file.
 * @throws if it is malformed or of another size.
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
