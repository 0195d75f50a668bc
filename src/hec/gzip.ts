import zlib from "node:zlib";
import { core } from "../core/core.ts";

/** How requests are compressed: by the core's encoder, by zlib, or not at all. */
export type Gzip = boolean | "zlib";

/** Level 1: higher ones cost several times the time for a third of the size. */
const ZLIB_LEVEL = 1;

/** ID, method deflate, no flags, no time; fastest algorithm, unknown system (RFC 1952). */
const HEAD = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255);
const TAIL_BYTES = 8;

/**
 * Compresses a request's body to one gzip member in memory of its own.
 * @param plain Gone afterwards if it lies in the core's workspace.
 */
export function gzip(plain: Uint8Array, how: true | "zlib"): Uint8Array<ArrayBuffer> {
  if (how === "zlib") {
    return zlib.gzipSync(plain, { level: ZLIB_LEVEL }) as Uint8Array<ArrayBuffer>;
  }
  const { length } = plain;
  const checksum = zlib.crc32(plain);
  const packed = core.deflate(plain);
  const body = new Uint8Array(HEAD.length + packed.length + TAIL_BYTES);
  body.set(HEAD);
  body.set(packed, HEAD.length);
  const tail = new DataView(body.buffer, HEAD.length + packed.length);
  tail.setUint32(0, checksum, true);
  tail.setUint32(4, length, true);
  return body;
}
