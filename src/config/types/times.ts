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
    if (typeof time === "number") {
      if (time < 0) return new Refused(`a time since 1970: ${expected}`);
      return { unixSec: Math.floor(time / 1000) };
    }
    return new Refused(time.missing === "" ? expected : `${time.missing}: ${expected}`);
  });
}

/** No clock has a larger offset than +14:00: another one is a slip that would move the time by hours. */
const TIME =
  /^(\d{4})-(\d\d)-(\d\d)T(?!24)\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-](?:0\d|1[0-4]):?\d\d)?$/;

/** Why a text is not a valid time. */
export interface InvalidTime {
  /** What it lacks, such as a zone; empty when it is not a time at all. */
  readonly missing: string;
}

/**
 * Reads an ISO 8601 time with its zone: without one it would mean another time on each host.
 * @param text Such as `2026-10-06T08:30:00Z`.
 * @returns milliseconds since 1970; or why the text is not a valid time.
 */
export function readIsoTime(text: string): number | InvalidTime {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return { missing: "a time of day and a zone too" };
  const match = TIME.exec(text);
  if (!match) return { missing: "" };
  const [, year, month, day, zone] = match;
  if (!zone) return { missing: "a zone at the end (Z or +08:00)" };
  // `Date` reads 30 February as 2 March.
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const unixMs = Date.parse(text.replace(/(\d\d)(\d\d)$/, "$1:$2"));
  return Number.isNaN(unixMs) || Number(day) > lastDay ? { missing: "" } : unixMs;
}
