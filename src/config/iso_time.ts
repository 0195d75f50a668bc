/** An example for messages. */
export const ISO_EXAMPLE = "2026-10-06T08:30:00Z";

const TIME =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(Z|([+-])(\d\d):?(\d\d))?$/;

/** Why a text is no time: what it should have besides, such as a zone; empty when it is none at all. */
export interface NoTime {
  readonly missing: string;
}

/** Reads an ISO 8601 time with its zone as whole seconds since 1970; fractions are cut. */
export function readIsoTime(text: string): number | NoTime {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return { missing: "a time of day and a zone too" };
  const match = TIME.exec(text);
  if (!match) return { missing: "" };
  if (!match[7]) return { missing: "a zone at the end (Z or +08:00)" };
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7)
    .map((part) => Number(part ?? 0));
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  const local = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // Date.UTC turns 30 February into 2 March: compare what came out with what was written.
  const [date = "", time = ""] = local.toISOString().split("T");
  const sameDay = date === `${match[1]}-${match[2]}-${match[3]}`;
  const sameTime = time.startsWith(`${match[4]}:${match[5]}:${match[6] ?? "00"}`);
  if (!sameDay || !sameTime || offsetHours > 14 || offsetMinutes > 59) return { missing: "" };
  const sign = match[8] === "-" ? -1 : 1;
  const unixSec = local.getTime() / 1_000 - sign * (offsetHours * 3_600 + offsetMinutes * 60);
  return unixSec < 0 ? { missing: "a time since 1970" } : unixSec;
}
