import type { RateLimit } from "../base/pull_rates.ts";
import type { SourceConfig } from "../config/config.ts";

/** The limits of a source: its own, and that of its collectors, which other sources may share. */
export function rateLimitsOf(
  { name, rateBytesPerSec, hec }: Pick<SourceConfig, "name" | "rateBytesPerSec" | "hec">,
): RateLimit[] {
  const limits: RateLimit[] = [];
  if (rateBytesPerSec !== undefined) {
    limits.push({ key: `source ${name}`, name: "sources[].rate", bytesPerSec: rateBytesPerSec });
  }
  if (hec.rateBytesPerSec !== undefined) {
    const { setId, path, rateBytesPerSec: bytesPerSec } = hec;
    limits.push({ key: `collectors ${setId}`, name: `${path}.rate`, bytesPerSec });
  }
  return limits;
}
