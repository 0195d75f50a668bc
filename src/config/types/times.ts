import type { ShardStart } from "../../base/cursor.ts";
import { Refused, type Scalar, scalar } from "../schema/declare.ts";

/** A time for examples in messages. */
export const ISO_EXAMPLE = "2026-10-06T08:30:00Z";

/** `begin`, `end`, or a time of receipt. */
export function startPosition(): Scalar<ShardStart> {
  const expected = `begin, end, or an ISO 8601 time with its zone, such as ${ISO_EXAMPLE}`;
  const json = { type: "string" };
  return scalar<ShardStart>({ kind: "begin, end or time", expected, json }, (text) => {
    if (text === "begin" || text === "end") return text;
    const time = readIsoTime(text);
    if (typeof time === "number") return { unixSec: time };
    return new Refused(time.missing === "" ? expected : `${time.missing}: ${expected}`);
  });
}

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(Z|([+-])(\d\d):?(\d\d))?$/;

/** Why a text is not a valid time. */
export interface InvalidTime {
  /** What it lacks, such as a zone; empty when it is no time at all. */
  readonly missing: string;
}

/**
 * Reads an ISO 8601 time with its zone.
 * @param text Such as `2026-10-06T08:30:00Z`.
 * @returns whole seconds since 1970, fractions cut; or why the text is not a valid time.
 */
export function readIsoTime(text: string): number | InvalidTime {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return { missing: "a time of day and a zone too" };
  const match = TIME.exec(text);
  if (!match) return { missing: "" };
  if (!match[7]) return { missing: "a zone at the end (Z or +08:00)" };
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7)
    .map((part) => Number(part ?? 0));
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  const local = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // Date.UTC turns 30 February into 2 March: compare the result with the text.
  const [date = "", time = ""] = local.toISOString().split("T");
  const sameDay = date === `${match[1]}-${match[2]}-${match[3]}`;
  const sameTime = time.startsWith(`${match[4]}:${match[5]}:${match[6] ?? "00"}`);
  if (!sameDay || !sameTime || offsetHours > 14 || offsetMinutes > 59) return { missing: "" };
  const sign = match[8] === "-" ? -1 : 1;
  const unixSec = local.getTime() / 1_000 - sign * (offsetHours * 3_600 + offsetMinutes * 60);
  return unixSec < 0 ? { missing: "a time since 1970" } : unixSec;
}
