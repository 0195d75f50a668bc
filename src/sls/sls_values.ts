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
 * Checks of the values that SLS sends (listed in docs/security.md). The limits are far above what SLS sends, and low enough
 * that nothing that is kept, written or sent again grows without bound.
 */

/** Most shards in one answer; a logstore of SLS has at most some hundreds. */
export const MAX_SHARDS = 4096;
/** Most consumer groups in one answer; SLS allows 30 a logstore. */
export const MAX_GROUPS = 1024;
const SHARD_MAX = 2 ** 31 - 1;
/** SLS's own have 24 to 32 characters. */
const CURSOR_MAX_CHARS = 1024;
const CURSOR_FORM = `1 to ${grouped(CURSOR_MAX_CHARS)} printable ASCII characters without spaces`;
const NAME_MAX_CHARS = 255;
const TIMEOUT_MAX_SEC = 366 * 86_400;
/** The end of the year 9999. */
const TIME_MAX_SEC = 253_402_300_799;
const REQUEST_ID_MAX_CHARS = 128;
const ERROR_CODE_MAX_CHARS = 128;

/**
 * A shard number.
 * @throws {InvalidValue}
 */
export function shardNumber(value: unknown): number {
  return wholeNumberIn("a shard number", value, 0, SHARD_MAX);
}

/**
 * The name of a logstore; undefined when it is no text.
 * @throws {InvalidValue}
 */
export function logstoreName(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  if (/^[0-9A-Za-z_-]{1,128}$/.test(value)) return value;
  throw invalidValue("the name of a logstore", value, "1 to 128 letters, digits, _ and -");
}

/**
 * The shards in the answer to a heartbeat; undefined when it is not a list of numbers.
 * @throws {InvalidValue}
 */
export function assignedShards(json: unknown): number[] | undefined {
  const shards = listOf(
    json,
    "shards",
    MAX_SHARDS,
    (shard) => typeof shard === "number" ? shardNumber(shard) : undefined,
  );
  return shards && withoutDoubles(shards, "shards", (shard) => shard);
}

/**
 * A cursor.
 * @param what Names it, such as `a next cursor`.
 * @throws {InvalidValue}
 */
export function cursorText(what: string, value: unknown): string {
  if (isVisibleAscii(value, CURSOR_MAX_CHARS)) return value;
  throw invalidValue(what, value, CURSOR_FORM);
}

/**
 * A stored checkpoint; empty when none was ever written.
 * @throws {InvalidValue}
 */
export function checkpointText(value: unknown): string {
  if (value === "" || isVisibleAscii(value, CURSOR_MAX_CHARS)) return value;
  throw new InvalidValue(
    `a checkpoint ${kindAndLength(value)}`,
    CURSOR_FORM,
    "Move the checkpoint with `sls2hec checkpoint set` or `reset`. The shard waits until then",
  );
}

/** A stored checkpoint for display; described when it is too long, so that it is not a cursor. */
export function shownCheckpoint(value: string): string {
  return value.length <= CURSOR_MAX_CHARS ? value : `(a checkpoint ${kindAndLength(value)})`;
}

/**
 * The rows of GetCheckPoint; undefined when the shape is wrong. The checkpoints themselves are only checked to be text:
 * `checkpointText` checks the one that is used.
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

/**
 * The name of a consumer or consumer group.
 * @throws {InvalidValue}
 */
export function nameText(what: string, value: unknown): string {
  if (typeof value === "string" && value.length <= NAME_MAX_CHARS) return value;
  throw invalidValue(what, value, `at most ${NAME_MAX_CHARS} characters`);
}

/**
 * After how many seconds without a heartbeat a consumer loses its shards.
 * @throws {InvalidValue}
 */
export function groupTimeoutSec(value: unknown): number {
  return wholeNumberIn("a group timeout", value, 1, TIMEOUT_MAX_SEC);
}

/**
 * Whether a shard waits until its parents are finished; false when the server does not say.
 * @throws {InvalidValue}
 */
export function groupOrder(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  if (value === undefined || value === null) return false;
  throw invalidValue("a group order", value, "true or false");
}

/**
 * A time in seconds since 1970.
 * @throws {InvalidValue}
 */
export function cursorTimeSec(value: unknown): number {
  return wholeNumberIn("a cursor time", value, 0, TIME_MAX_SEC);
}

/**
 * When a checkpoint was written, in milliseconds since 1970; 0 if never. SLS sends microseconds (16 digits); the
 * vendor's documentation also says milliseconds and seconds.
 * @throws {InvalidValue}
 */
export function updateTimeMs(json: unknown): number {
  const value = valueOf(json, "updateTime") ?? 0;
  const time = wholeNumberIn("an updateTime", value, 0, TIME_MAX_SEC * 1e6);
  if (time > 1e14) return Math.floor(time / 1000);
  return time > 1e11 ? time : time * 1000;
}

/**
 * The consumer that has a shard; undefined when the server does not say.
 * @throws {InvalidValue}
 */
export function consumerName(json: unknown): string | undefined {
  return stringOf(json, "consumer") === undefined
    ? undefined
    : nameText("a consumer's name", valueOf(json, "consumer"));
}

/** An `x-log-requestid` for messages; empty without one. */
export function requestIdText(value: string | null): string {
  if (value === null || value === "") return "";
  return isVisibleAscii(value, REQUEST_ID_MAX_CHARS) ? value : kindAndLength(value);
}

/** Whether an `errorCode` is valid, so that it may be repeated. */
export function isErrorCode(value: string): boolean {
  return value.length <= ERROR_CODE_MAX_CHARS && /^[\w.: -]+$/.test(value);
}
