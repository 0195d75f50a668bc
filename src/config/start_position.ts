import type { z } from "zod";
import { Refused, scalar } from "./scalar.ts";

/** Where a shard without a checkpoint begins. */
export type StartPosition =
  | { readonly kind: "begin" }
  | { readonly kind: "end" }
  /** The first log that SLS received at or after this second. */
  | { readonly kind: "time"; readonly unixSeconds: number };

const EXAMPLE = "2026-10-06T08:30:00Z";
const EXPECTED = `begin, end, or an ISO 8601 time with its zone, such as ${EXAMPLE}`;
const TIME =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(Z|([+-])(\d\d):?(\d\d))?$/;

/** `begin`, `end`, or a time of receipt. */
export function startPosition(): z.ZodType<StartPosition, string> {
  const json = { type: "string" };
  return scalar({ kind: "begin, end or time", expected: EXPECTED, json }, readStart);
}

function readStart(text: string): StartPosition | Refused {
  if (text === "begin" || text === "end") return { kind: text };
  if (/^\d{4}-\d\d-\d\d$/.test(text)) {
    return new Refused(`a time of day and a zone too: ${EXPECTED}`);
  }
  const match = TIME.exec(text);
  if (!match) return new Refused(EXPECTED);
  if (!match[7]) return new Refused(`a zone at the end (Z or +08:00): ${EXPECTED}`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7)
    .map((part) => Number(part ?? 0));
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  const local = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // Date.UTC turns 30 February into 2 March: compare what came out with what was written.
  const [date = "", time = ""] = local.toISOString().split("T");
  const sameDay = date === `${match[1]}-${match[2]}-${match[3]}`;
  const sameTime = time.startsWith(`${match[4]}:${match[5]}:${match[6] ?? "00"}`);
  if (!sameDay || !sameTime || offsetHours > 14 || offsetMinutes > 59) return new Refused(EXPECTED);
  const sign = match[8] === "-" ? -1 : 1;
  const unixSeconds = local.getTime() / 1_000 - sign * (offsetHours * 3_600 + offsetMinutes * 60);
  return unixSeconds < 0
    ? new Refused(`a time since 1970: ${EXPECTED}`)
    : { kind: "time", unixSeconds };
}
