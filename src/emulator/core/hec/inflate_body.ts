import { gunzipSync } from "node:zlib";

/** Why a gzip body cannot be read. */
export type InflateFailure = "corrupt" | "too_large";

/** The inflated bytes of a gzip body of one or more members, or why there are none. */
export function inflateBody(body: Uint8Array, maxBytes: number): Uint8Array | InflateFailure {
  try {
    return gunzipSync(body, { maxOutputLength: maxBytes });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ERR_BUFFER_TOO_LARGE") return "too_large";
    // Z_DATA_ERROR for broken data, Z_BUF_ERROR for data that ends too early
    if (typeof code === "string" && code.startsWith("Z_")) return "corrupt";
    throw error;
  }
}
