import { SlsError } from "./sls_error.ts";

const MAX_SKEW_MS = 15 * 60 * 1000;

/** Two codes of one error, older and newer (the vendor's error pages). */
export type SkewCode = "RequestTimeTooSkewed" | "RequestTimeExpired";

/** Unix milliseconds of `Tue, 06 Oct 2026 08:30:00 GMT`; undefined for any other form. */
export function parseHttpDate(text: string): number | undefined {
  if (!/^[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) {
    return undefined;
  }
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Unix milliseconds of `20261006T083000Z`; undefined for any other form. */
export function parseDateTime(text: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

/**
 * Checks the client's clock.
 *
 * @param timeMs The client's date in Unix milliseconds; undefined if it could not be parsed.
 * @throws {SlsError} 400 `InvalidRequestTime`, or `skewCode` if the clock is wrong by more than 15
 * minutes in either direction.
 */
export function checkRequestTime(
  timeMs: number | undefined,
  date: string,
  { nowMs, skewCode }: { readonly nowMs: number; readonly skewCode: SkewCode },
): void {
  if (timeMs === undefined) {
    const message = `Request time ${date} not follow RFC822 spec.`;
    throw new SlsError(400, "InvalidRequestTime", message);
  }
  if (Math.abs(nowMs - timeMs) <= MAX_SKEW_MS) return;
  const message = skewCode === "RequestTimeExpired"
    ? `Request time ${date} has been expired while server time is ${new Date(nowMs).toUTCString()}.`
    : "Request time exceeds server time more than 15 minutes.";
  throw new SlsError(400, skewCode, message);
}
