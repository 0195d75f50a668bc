import { InvalidArgumentError } from "commander";
import { parseByteSize, parseDuration } from "../config/types/quantities.ts";
import { ISO_EXAMPLE, readIsoTime } from "../config/types/times.ts";
import { splQuery } from "../config/schema/sources.ts";
import { systemClock } from "../base/clock.ts";

/** A time that has passed, as given and in seconds since 1970. */
export interface PastTime {
  readonly text: string;
  readonly unixSec: number;
}

const TIMES =
  `an ISO 8601 time with its zone, such as ${ISO_EXAMPLE}, or a time before now, such as -3h`;
const MAX_SHARDS = 1_000;

/**
 * Reads a time, for an option: ISO 8601 with its zone, or a duration before now such as `-3h`.
 * @returns milliseconds since 1970.
 * @throws {InvalidArgumentError}
 */
export function readTime(text: string, nowMs: number = systemClock.nowMs()): number {
  if (text.startsWith("-")) {
    const agoMs = parseDuration(text.slice(1));
    if (agoMs === undefined) throw new InvalidArgumentError(`Expected ${TIMES}.`);
    return Math.max(0, nowMs - agoMs);
  }
  const time = readIsoTime(text);
  if (typeof time === "number") return time;
  throw new InvalidArgumentError(
    time.missing === "" ? `Expected ${TIMES}.` : `It lacks ${time.missing}. Expected ${TIMES}.`,
  );
}

/**
 * Reads a time of receipt, as `readTime`.
 * @throws {InvalidArgumentError} also when it is in the future.
 */
export function pastTime(text: string, nowMs: number = systemClock.nowMs()): PastTime {
  const unixSec = Math.floor(readTime(text, nowMs) / 1000);
  if (unixSec < 0) throw new InvalidArgumentError(`Expected ${TIMES}, since 1970.`);
  if (unixSec * 1000 > nowMs) {
    throw new InvalidArgumentError(
      `This time is in the future (now ${new Date(nowMs).toISOString()}). Expected ${TIMES}.`,
    );
  }
  return { text, unixSec };
}

/** Reads `begin`, `end` or a time of receipt, for an option. */
export function placeInShard(text: string): "begin" | "end" | PastTime {
  return text === "begin" || text === "end" ? text : pastTime(text);
}

/** Reads shard numbers, for an option: `0,3,8-11`. */
export function shardList(text: string): readonly number[] {
  const shards = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim());
    const [first, last] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
    if (!match || last < first || last - first >= MAX_SHARDS) {
      throw new InvalidArgumentError("Expected shard numbers such as 0,3,8-11.");
    }
    for (let shard = first; shard <= last; shard++) shards.add(shard);
  }
  return [...shards].sort((a, b) => a - b);
}

/** Reads a rate in bytes per second, for an option: `10MB`. */
export function byteRate(text: string): number {
  const bytes = parseByteSize(text.replace(/\/s$/, ""));
  if (bytes === undefined || bytes < 1) {
    throw new InvalidArgumentError("Expected bytes per second with their unit, such as 10MB.");
  }
  return bytes;
}

/** Reads SPL, for an option. */
export function query(text: string): string {
  const parsed = splQuery.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`Expected ${parsed.error.issues[0]?.message}.`);
}

/** Makes a reader of whole numbers from `min` to `max`, for an option. */
export function wholeNumber(min: number, max = Infinity): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d{1,12}$/.test(text) || number < min || number > max) {
      const range = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
      throw new InvalidArgumentError(`Expected a whole number ${range}.`);
    }
    return number;
  };
}
