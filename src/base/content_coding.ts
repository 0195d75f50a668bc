import zlib from "node:zlib";

interface Bounds {
  readonly maxOutputLength: number;
  readonly finishFlush?: number;
}
type Decoder = (bytes: Uint8Array, bounds: Bounds) => Uint8Array;

/** The start of a gzip member (RFC 1952). */
const GZIP_MAGIC = [0x1f, 0x8b] as const;
/** Decode what is incomplete as far as it goes: long answers are cut off when they are read. */
const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = zlib.constants;

/**
 * Decompresses a body, as a gateway may send it to a client that did not ask for that. Never throws, and never makes more
 * than `maxBytes`, however large the content is.
 * @param bytes At most a few megabytes: they are decompressed at once.
 * @param coding The `Content-Encoding`: `gzip`, `deflate` (with or without a zlib header) or `br`.
 * @returns the start of the content; `bytes` itself without a known coding, or when they do not have it.
 */
export function openContent(
  bytes: Uint8Array,
  coding: string | null | undefined,
  maxBytes: number,
): Uint8Array {
  const decode = decoderOf(bytes, coding?.trim().toLowerCase());
  if (!decode) return bytes;
  const start = startOf(bytes, decode, maxBytes);
  // Brotli has no magic number: other bytes decode to nothing.
  return start && start.length > 0 ? start : bytes;
}

function decoderOf(bytes: Uint8Array, coding: string | undefined): Decoder | undefined {
  switch (coding) {
    case "gzip":
    case "x-gzip":
      return startsLikeGzip(bytes) ? flushing(zlib.gunzipSync as Decoder, Z_SYNC_FLUSH) : undefined;
    case "deflate":
      if (startsLikeZlib(bytes)) return flushing(zlib.inflateSync as Decoder, Z_SYNC_FLUSH);
      // Without a header almost anything decodes to something: only a complete stream counts.
      return zlib.inflateRawSync as Decoder;
    case "br":
      return flushing(zlib.brotliDecompressSync as Decoder, BROTLI_OPERATION_FLUSH);
    default:
      return undefined;
  }
}

/** The content as far as it fits; undefined when it cannot be decoded. */
function startOf(bytes: Uint8Array, decode: Decoder, maxBytes: number): Uint8Array | undefined {
  // Content that does not fit is decoded again from half of the bytes, so that at least its start can be read.
  for (let length = bytes.length; length > 0; length >>= 1) {
    try {
      return decode(bytes.subarray(0, length), { maxOutputLength: maxBytes });
    } catch (error) {
      if ((error as { code?: unknown }).code !== "ERR_BUFFER_TOO_LARGE") return undefined;
    }
  }
  return new Uint8Array(0);
}

function flushing(decode: Decoder, finishFlush: number): Decoder {
  return (bytes, bounds) => decode(bytes, { ...bounds, finishFlush });
}

function startsLikeGzip(bytes: Uint8Array): boolean {
  return bytes[0] === GZIP_MAGIC[0] && bytes[1] === GZIP_MAGIC[1];
}

/** Method deflate and a correct header checksum (RFC 1950). */
function startsLikeZlib(bytes: Uint8Array): boolean {
  const [method = 0, flags = 0] = bytes;
  return (method & 15) === 8 && (method << 8 | flags) % 31 === 0;
}
