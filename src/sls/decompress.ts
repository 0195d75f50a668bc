import zlib from "node:zlib";
import { decodeZstd } from "./zstd_frame.ts";

/** A compressed body does not decode to what its headers announce. */
export class CorruptBody extends Error {
  override name = "CorruptBody";

  constructor(what: string) {
    super(`Cannot decompress the page: ${what}`);
  }
}

type Decoder = (body: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

/** Whether a body is one raw LZ4 block: the usual case, which the core decompresses. */
export function isLz4(compressType: string | undefined): boolean {
  return compressType?.toLowerCase() === "lz4";
}

/**
 * Decompresses the body of a page that is not LZ4.
 *
 * SLS names the compression in `x-log-compresstype`: `lz4` is one raw block, `zstd` a frame, `gzip` and
 * `deflate` both a zlib stream; without the header the body is plain.
 * @param rawBytes From `x-log-bodyrawsize`; the page must have exactly this length.
 * @returns the page: `body` itself, or its own memory.
 * @throws {CorruptBody} when the body does not match its headers.
 */
export function openPage(
  body: Uint8Array,
  compressType: string | undefined,
  rawBytes: number,
): Uint8Array {
  switch (compressType?.toLowerCase()) {
    case undefined:
    case "":
    case "none":
      return exact(body, rawBytes);
    case "gzip":
    case "deflate":
      // `unzip` accepts both zlib and gzip, which a gateway may send.
      return exact(bounded(zlib.unzipSync as Decoder, body, rawBytes), rawBytes);
    case "zstd":
      return exact(bounded(decodeZstd, body, rawBytes), rawBytes);
    default:
      throw new CorruptBody(
        `found compression "${compressType}", expected lz4, zstd, deflate, gzip or none`,
      );
  }
}

function bounded(decode: Decoder, body: Uint8Array, rawBytes: number): Uint8Array {
  try {
    return decode(body, { maxOutputLength: Math.max(1, rawBytes) });
  } catch (error) {
    throw new CorruptBody(error instanceof Error ? error.message : String(error));
  }
}

function exact(page: Uint8Array, rawBytes: number): Uint8Array {
  if (page.length !== rawBytes) {
    throw new CorruptBody(`found ${page.length} bytes, expected ${rawBytes} (x-log-bodyrawsize)`);
  }
  return page;
}
