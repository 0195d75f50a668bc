import { InvalidArgumentError } from "commander";
import { parseByteSize, parseDuration } from "../config/types/quantities.ts";
import { ISO_EXAMPLE, readIsoTime } from "../config/types/times.ts";
import { splQuery } from "../config/schema/sources.ts";
import { systemClock } from "../base/clock.ts";

/** A time that lies behind us, as it was written and in seconds since 1970. */
export interface PastTime {
  readonly text: string;
  readonly unixSec: number;
}

const TIMES =
  `an ISO 8601 time with its zone, such as ${ISO_EXAMPLE}, or one before now, such as -3h`;
const MOST_SHARDS = 1_000;

/** A time of receipt, for an option: ISO 8601 with zone, or so long before now. */
export function pastTime(text: string, nowMs: number = systemClock.nowMs()): PastTime {
  const unixSec = text.startsWith("-") ? timeBefore(text.slice(1), nowMs) : isoTime(text);
  if (unixSec * 1000 > nowMs) {
    throw new InvalidArgumentError(
      `It lies in the future (it is ${new Date(nowMs).toISOString()}). Expected ${TIMES}.`,
    );
  }
  return { text, unixSec };
}

/** `begin`, `end` or a time, for an option. */
export function placeInShard(text: string): "begin" | "end" | PastTime {
  return text === "begin" || text === "end" ? text : pastTime(text);
}

/** Shard numbers, for an option: `0,3,8-11`. */
export function shardList(text: string): readonly number[] {
  const shards = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim());
    const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (!match || last < first || last - first >= MOST_SHARDS) {
      throw new InvalidArgumentError("Expected shard numbers such as 0,3,8-11.");
    }
    for (let shard = first; shard <= last; shard++) shards.add(shard);
  }
  return [...shards].sort((a, b) => a - b);
}

function isoTime(text: string): number {
  const time = readIsoTime(text);
  if (typeof time === "number") return time;
  throw new InvalidArgumentError(
    time.missing === "" ? `Expected ${TIMES}.` : `It lacks ${time.missing}. Expected ${TIMES}.`,
  );
}

function timeBefore(text: string, nowMs: number): number {
  const agoMs = parseDuration(text);
  if (agoMs === undefined) throw new InvalidArgumentError(`Expected ${TIMES}.`);
  return Math.max(0, Math.floor((nowMs - agoMs) / 1000));
}

/** A rate of so many bytes a second, for an option: `10MB`. */
export function byteRate(text: string): number {
  const bytes = parseByteSize(text.replace(/\/s$/, ""));
  if (bytes === undefined || bytes < 1) {
    throw new InvalidArgumentError("Expected bytes a second with their unit, such as 10MB.");
  }
  return bytes;
}

/** SPL, for an option. */
export function query(text: string): string {
  const parsed = splQuery.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`Expected ${parsed.error.issues[0]?.message}.`);
}
