import { httpDateMs } from "../base/http_headers.ts";

/** Longest `Retry-After` that is honoured: an hour or a day is a gateway's setting, not a problem of Splunk. */
const MAX_MS = 300_000;

/**
 * Reads the header `Retry-After`, in seconds or as a date. What is done about it: `sortAnswer` puts it into each outcome
 * that is tried again, and `EndpointPool` waits that long before an endpoint gets events again.
 * @returns milliseconds from `nowMs`: 0 for a date in the past, 5 minutes at most; undefined without a header, and for
 * anything else.
 */
export function retryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  const text = value.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : (httpDateMs(text) ?? NaN) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(MAX_MS, Math.max(0, ms));
}
