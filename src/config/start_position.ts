import type { z } from "zod";
import type { ShardStart } from "../base/cursor.ts";
import { ISO_EXAMPLE, readIsoTime } from "./iso_time.ts";
import { Refused, scalar } from "./scalar.ts";

const EXPECTED = `begin, end, or an ISO 8601 time with its zone, such as ${ISO_EXAMPLE}`;

/** `begin`, `end`, or a time of receipt. */
export function startPosition(): z.ZodType<ShardStart, string> {
  const json = { type: "string" };
  return scalar({ kind: "begin, end or time", expected: EXPECTED, json }, readStart);
}

function readStart(text: string): ShardStart | Refused {
  if (text === "begin" || text === "end") return text;
  const time = readIsoTime(text);
  if (typeof time === "number") return { unixSec: time };
  return new Refused(time.missing === "" ? EXPECTED : `${time.missing}: ${EXPECTED}`);
}
