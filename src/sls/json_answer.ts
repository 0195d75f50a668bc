import { BodyTooLarge, readSmallBody } from "../base/bounded_body.ts";
import { openContent } from "../base/content_coding.ts";
import { grouped } from "../base/format.ts";
import { InvalidValue } from "../base/invalid_value.ts";
import { SlsError } from "./sls_error.ts";

/** Longest JSON answer: 800 shards take about 200 KB, 4,096 about 1 MB. */
const JSON_MAX_BYTES = 2 * 1024 * 1024;

/** What a JSON answer must be. */
export interface JsonAnswer<T> {
  /** Names it in errors, such as `an array of shards`. */
  readonly expected: string;
  /**
   * Returns the value in it; undefined when its shape is wrong.
   * @throws {InvalidValue}
   */
  readonly check: (json: unknown) => T | undefined;
}

/**
 * Reads a JSON answer and checks it.
 * @param call Name of the call, for the error.
 * @throws {SlsError} of kind `bad_answer`.
 */
export async function readJson<T>(
  call: string,
  { expected, check }: JsonAnswer<T>,
  response: Response,
  requestId: string,
): Promise<T> {
  let found: string;
  let hint: string | undefined;
  try {
    const body = await readSmallBody(response.body, JSON_MAX_BYTES);
    // A gateway may compress what was not asked for.
    const bytes = openContent(body, response.headers.get("content-encoding"), JSON_MAX_BYTES);
    const json = jsonOf(bytes);
    const checked = json === undefined ? undefined : check(json);
    if (checked !== undefined) return checked;
    found = `${bytes.length} bytes that are not ${expected}`;
  } catch (error) {
    if (error instanceof InvalidValue) ({ message: found, hint } = error);
    else if (error instanceof BodyTooLarge) {
      found = `more than ${grouped(error.maxBytes)} bytes, expected ${expected}`;
    } else throw error;
  }
  throw new SlsError(
    "bad_answer",
    `Cannot ${call}: SLS answered 200 with ${found}${requestId && ` (request id ${requestId})`}`,
    { status: 200, requestId, ...(hint !== undefined && { hint }) },
  );
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** The object's own value under `key` if it is a string. */
export function stringOf(json: unknown, key: string): string | undefined {
  const value = valueOf(json, key);
  return typeof value === "string" ? value : undefined;
}

/** The object's own value under `key` if it is a number. */
export function numberOf(json: unknown, key: string): number | undefined {
  const value = valueOf(json, key);
  return typeof value === "number" ? value : undefined;
}

/**
 * Checks that no two items have the same key.
 * @throws {InvalidValue}
 */
export function withoutDoubles<T>(items: T[], what: string, keyOf: (item: T) => unknown): T[] {
  if (new Set(items.map(keyOf)).size === items.length) return items;
  throw new InvalidValue(`${what} with a duplicate`, "each one once");
}

/** The object's own value under `key`. */
export function valueOf(json: unknown, key: string): unknown {
  return typeof json === "object" && json !== null && Object.hasOwn(json, key)
    ? (json as Record<string, unknown>)[key]
    : undefined;
}

/**
 * Checks each item of an array.
 * @param what Names the items, such as `shards`.
 * @returns undefined when it is not an array, or `check` returns undefined for an item.
 * @throws {InvalidValue} when it has more than `max` items, or what `check` throws.
 */
export function listOf<T>(
  json: unknown,
  what: string,
  max: number,
  check: (item: unknown) => T | undefined,
): T[] | undefined {
  if (!Array.isArray(json)) return undefined;
  if (json.length > max) {
    throw new InvalidValue(`${grouped(json.length)} ${what}`, `at most ${grouped(max)}`);
  }
  const list = json.map(check);
  return list.includes(undefined) ? undefined : list as T[];
}
