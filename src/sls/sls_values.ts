import { grouped } from "../base/format.ts";
import {
  InvalidValue,
  invalidValue,
  isVisibleAscii,
  kindAndLength,
  wholeNumberIn,
} from "../base/invalid_value.ts";
import { listOf, numberOf, stringOf, valueOf, withoutDoubles } from "./json_answer.ts";

/**
 * The values that SLS sends, each in its form and within its bound (docs/security.md has them all). The bounds are far
 * above what SLS sends, and so low that nothing that is kept, written or sent again grows beyond measure.
 */

/** Most shards in one answer; a logstore of SLS has at most some hundreds. */
export const MAX_SHARDS = 4096;
/** Most consumer groups in one answer; SLS allows 30 a logstore. */
export const MAX_GROUPS = 1024;
const SHARD_MAX = 2 ** 31 - 1;
/** SLS's own have 24 to 32 characters. */
const CURSOR_MAX_CHARS = 1024;
const CURSOR_FORM = `1 to ${grouped(CURSOR_MAX_CHARS)} printable ASCII characters without blanks`;
const NAME_MAX_CHARS = 255;
const TIMEOUT_MAX_SEC = 366 * 86_400;
/** The end of the year 9999. */
const TIME_MAX_SEC = 253_402_300_799;
const REQUEST_ID_MAX_CHARS = 128;
const ERROR_CODE_MAX_CHARS = 128;

/** Shard numbers. @throws {InvalidValue} */
export function shardNumber(value: unknown): number {
  return wholeNumberIn("a shard number", value, 0, SHARD_MAX);
}

/** The shards that a heartbeat brings, each once; undefined when it is no list of numbers. @throws {InvalidValue} */
export function heldShards(json: unknown): number[] | undefined {
  const shards = listOf(
    json,
    "shards",
    MAX_SHARDS,
    (shard) => typeof shard === "number" ? shardNumber(shard) : undefined,
  );
  return shards && withoutDoubles(shards, "shards", (shard) => shard);
}

/** @param what Such as `a next cursor`. @throws {InvalidValue} */
export function cursorText(what: string, value: unknown): string {
  if (isVisibleAscii(value, CURSOR_MAX_CHARS)) return value;
  throw invalidValue(what, value, CURSOR_FORM);
}

/** A stored checkpoint; empty when none was ever written. @throws {InvalidValue} */
export function checkpointText(value: unknown): string {
  if (value === "" || isVisibleAscii(value, CURSOR_MAX_CHARS)) return value;
  throw new InvalidValue(
    `a checkpoint ${kindAndLength(value)}`,
    CURSOR_FORM,
    "Move the checkpoint by `sls2hec checkpoint set` or `reset`. The shard waits meanwhile",
  );
}

/** A stored checkpoint as it is shown: one that is too long is described, and is no cursor then. */
export function shownCheckpoint(value: string): string {
  return value.length <= CURSOR_MAX_CHARS ? value : `(a checkpoint ${kindAndLength(value)})`;
}

/**
 * The rows of GetCheckPoint, each shard once; undefined when it is not that. Of checkpoints nothing is checked but that
 * they are texts: `checkpointText` does, where one is used.
 * @throws {InvalidValue}
 */
export function checkpointRows(json: unknown) {
  const rows = listOf(json, "checkpoints", MAX_SHARDS, (row) => {
    const shard = numberOf(row, "shard");
    const checkpoint = stringOf(row, "checkpoint");
    if (shard === undefined || checkpoint === undefined) return undefined;
    return { shard: shardNumber(shard), checkpoint, row };
  });
  return rows && withoutDoubles(rows, "checkpoints", ({ shard }) => shard);
}

/** Name of a consumer or consumer group. @throws {InvalidValue} */
export function nameText(what: string, value: unknown): string {
  if (typeof value === "string" && value.length <= NAME_MAX_CHARS) return value;
  throw invalidValue(what, value, `at most ${NAME_MAX_CHARS} characters`);
}

/** Silence after which a consumer loses its shards, in seconds. @throws {InvalidValue} */
export function groupTimeoutSec(value: unknown): number {
  return wholeNumberIn("a group timeout", value, 1, TIMEOUT_MAX_SEC);
}

/** Whether a shard waits until its parents are finished; not, when the server does not say. @throws {InvalidValue} */
export function groupOrder(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  if (value === undefined || value === null) return false;
  throw invalidValue("a group order", value, "true or false");
}

/** Seconds since 1970. @throws {InvalidValue} */
export function cursorTimeSec(value: unknown): number {
  return wholeNumberIn("a cursor time", value, 0, TIME_MAX_SEC);
}

/**
 * When a checkpoint was written, in milliseconds since 1970; 0 if never. SLS sends 16 digits, microseconds; the vendor's
 * pages also say milliseconds and seconds.
 * @throws {InvalidValue}
 */
export function updateTimeMs(json: unknown): number {
  const value = valueOf(json, "updateTime") ?? 0;
  const time = wholeNumberIn("an updateTime", value, 0, TIME_MAX_SEC * 1e6);
  if (time > 1e14) return Math.floor(time / 1000);
  return time > 1e11 ? time : time * 1000;
}

/** Who holds a shard; undefined when the server does not say. @throws {InvalidValue} */
export function consumerName(json: unknown): string | undefined {
  return stringOf(json, "consumer") === undefined
    ? undefined
    : nameText("a consumer's name", valueOf(json, "consumer"));
}

/** An `x-log-requestid` as a message may say it; empty without one. */
export function requestIdText(value: string | null): string {
  if (value === null || value === "") return "";
  return isVisibleAscii(value, REQUEST_ID_MAX_CHARS) ? value : kindAndLength(value);
}

/** Whether an `errorCode` may be repeated. */
export function isErrorCode(value: string): boolean {
  return value.length <= ERROR_CODE_MAX_CHARS && /^[\w.: -]+$/.test(value);
}
