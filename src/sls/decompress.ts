import zlib from "node:zlib";
import { core } from "../core/core.ts";
import { CorruptBody } from "./corrupt_body.ts";
import { decodeZstd } from "./zstd_frame.ts";

type Decoder = (body: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

/**
 * Opens the body of a page.
 *
 * SLS names the compression in `x-log-compresstype`: `lz4` is one raw block, `zstd` a frame, `gzip` and
 * `deflate` both a zlib stream; without the header the body is plain.
 * @param rawBytes What `x-log-bodyrawsize` announces; the opened page has exactly this length.
 * @param target At least `rawBytes` long; used by lz4, the common case.
 * @returns the page: a view of `target`, of `body`, or memory of its own.
 * @throws {CorruptBody} when the body is not what its headers say.
 */
export function openPage(
  body: Uint8Array,
  compressType: string | undefined,
  rawBytes: number,
  target: Uint8Array,
): Uint8Array {
  switch (compressType?.toLowerCase()) {
    case undefined:
    case "":
    case "none":
      return exact(body, rawBytes);
    case "lz4":
      return openLz4(body, target.subarray(0, rawBytes));
    case "gzip":
    case "deflate":
      // `unzip` takes zlib and gzip alike, should a gateway mean the latter.
      return exact(bounded(zlib.unzipSync as Decoder, body, rawBytes), rawBytes);
    case "zstd":
      return exact(bounded(decodeZstd, body, rawBytes), rawBytes);
    default:
      throw new CorruptBody(
        `found compression "${compressType}", expected lz4, zstd, deflate, gzip or none`,
      );
  }
}

/** One raw LZ4 block: no frame, no size prefix. A cut one can look complete, so it must fill the target. */
function openLz4(body: Uint8Array, target: Uint8Array): Uint8Array {
  const length = core.lz4(body, target);
  if (length < 0) {
    throw new CorruptBody(
      `its LZ4 block is malformed, or holds more than ${target.length} bytes (x-log-bodyrawsize)`,
    );
  }
  return exact(target.subarray(0, length), target.length);
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
