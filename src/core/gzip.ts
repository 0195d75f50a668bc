import zlib from "node:zlib";
import { core } from "./core.ts";

/** How bodies are compressed: by the core's encoder, by zlib, or not at all. */
export type Gzip = boolean | "zlib";

/** Level 1: higher ones cost several times the time for a third of the size. */
const ZLIB_LEVEL = 1;

/** ID, method deflate, no flags, no time; fastest algorithm, unknown system (RFC 1952). */
const HEAD = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255);
const TAIL_BYTES = 8;

/** Makes memory for a body: at least this many bytes, which need not be zero. */
export type Allocate = (bytes: number) => Uint8Array<ArrayBuffer>;

export const newBytes: Allocate = (bytes) => new Uint8Array(bytes);

/**
 * Compresses a request's body to one gzip member in newly allocated memory.
 * @param plain Overwritten if it is in the core's workspace.
 */
export function gzip(
  plain: Uint8Array,
  how: true | "zlib",
  allocate: Allocate = newBytes,
): Uint8Array<ArrayBuffer> {
  if (how === "zlib") return copyOf(zlib.gzipSync(plain, { level: ZLIB_LEVEL }), allocate);
  const { length } = plain;
  const checksum = zlib.crc32(plain);
  const packed = core.deflate(plain);
  const bytes = HEAD.length + packed.length + TAIL_BYTES;
  const body = allocate(bytes).subarray(0, bytes);
  body.set(HEAD);
  body.set(packed, HEAD.length);
  const tail = new DataView(body.buffer, body.byteOffset + HEAD.length + packed.length);
  tail.setUint32(0, checksum, true);
  tail.setUint32(4, length, true);
  return body;
}

/** A copy in newly allocated memory. */
export function copyOf(bytes: Uint8Array, allocate: Allocate): Uint8Array<ArrayBuffer> {
  const copy = allocate(bytes.length).subarray(0, bytes.length);
  copy.set(bytes);
  return copy;
}
