import { gunzipSync } from "node:zlib";
import type { HttpResponse } from "../http.ts";
import { hecAnswer, htmlAnswer } from "./hec_answers.ts";
import type { ReadingLimits, ReadingSwitches } from "./hec_settings.ts";

/** The bounds of a body. */
interface InflateSettings {
  readonly limits: ReadingLimits;
  readonly switches: ReadingSwitches;
}

/**
 * Opens the body of a request.
 *
 * @param body A gzip file of one or more members if `gzip`, else returned unchanged.
 * @returns the inflated bytes, or the answer that refuses the body.
 */
export function openBody(
  body: Uint8Array,
  gzip: boolean,
  { limits, switches }: InflateSettings,
): Uint8Array | HttpResponse {
  if (!gzip) return body;
  const counted = switches.bodyLimitCounts === "inflated" ? limits.maxContentBytes : Infinity;
  const maxOutputLength = Math.min(limits.maxInflatedBytes, counted);
  try {
    return gunzipSync(body, { maxOutputLength });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ERR_BUFFER_TOO_LARGE") return htmlAnswer(413);
    // Z_DATA_ERROR for broken data, Z_BUF_ERROR for data that ends too early
    if (typeof code === "string" && code.startsWith("Z_")) return hecAnswer(6);
    throw error;
  }
}
