import type { z } from "zod";
import { ISO_EXAMPLE, readIsoTime } from "./iso_time.ts";
import { Refused, scalar } from "./scalar.ts";

/** Where a shard without a checkpoint begins. */
export type StartPosition =
  | { readonly kind: "begin" }
  | { readonly kind: "end" }
  /** The first log that SLS received at or after this second. */
  | { readonly kind: "time"; readonly unixSeconds: number };

const EXPECTED = `begin, end, or an ISO 8601 time with its zone, such as ${ISO_EXAMPLE}`;

/** `begin`, `end`, or a time of receipt. */
export function startPosition(): z.ZodType<StartPosition, string> {
  const json = { type: "string" };
  return scalar({ kind: "begin, end or time", expected: EXPECTED, json }, readStart);
}

function readStart(text: string): StartPosition | Refused {
  if (text === "begin" || text === "end") return { kind: text };
  const time = readIsoTime(text);
  if (typeof time === "number") return { kind: "time", unixSeconds: time };
  return new Refused(time.missing === "" ? EXPECTED : `${time.missing}: ${EXPECTED}`);
}
