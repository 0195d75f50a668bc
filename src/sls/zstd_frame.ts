import zlib from "node:zlib";

/**
 * Decodes a zstd body.
 * @throws when it is not zstd, or decodes to more than `maxOutputLength` bytes.
 */
type ZstdDecoder = (
  body: Uint8Array,
  options: { readonly maxOutputLength: number },
) => Uint8Array;

/** The zstd project's own decoder as WebAssembly, for runtimes without one. */
export async function zstdOfLibrary(): Promise<ZstdDecoder> {
  const { ZSTDDecoder } = await import("zstddec");
  const decoder = new ZSTDDecoder();
  await decoder.init();
  return (body, { maxOutputLength }) => {
    const decoded = decoder.decode(body, maxOutputLength);
    // Returns no bytes instead of throwing.
    if (decoded.length === 0) throw new Error("it is not zstd, or longer than announced");
    return decoded;
  };
}

/** An empty zstd frame. */
const EMPTY_FRAME = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0);

/** The runtime's own decoder. Deno before 2.7 has the function without an implementation, so it is tried. */
function zstdOfRuntime(): ZstdDecoder | undefined {
  const { zstdDecompressSync } = zlib as unknown as { zstdDecompressSync?: ZstdDecoder };
  try {
    zstdDecompressSync?.(EMPTY_FRAME, { maxOutputLength: 1 });
    return zstdDecompressSync;
  } catch {
    return undefined;
  }
}

/** The runtime's own decoder, or the library's. */
export const decodeZstd: ZstdDecoder = zstdOfRuntime() ?? await zstdOfLibrary();
