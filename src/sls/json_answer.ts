import { openContent } from "../base/content_coding.ts";
import { readSmallBody } from "../base/bounded_body.ts";
import { SlsError } from "./sls_error.ts";

/** Longest JSON answer: 800 shards of a project's largest logstore take about 200 KB. */
const JSON_MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads a JSON answer and checks it.
 * @param call Name of the call, for the error.
 * @param check Gives the checked value, or undefined when the shape is wrong.
 * @throws {SlsError} of kind `bad_answer`.
 */
export async function readJson<T>(
  call: string,
  expected: string,
  response: Response,
  requestId: string,
  check: (json: unknown) => T | undefined,
): Promise<T> {
  const body = await readSmallBody(response.body, JSON_MAX_BYTES);
  // A gateway may compress what was not asked for.
  const bytes = openContent(body, response.headers.get("content-encoding"), JSON_MAX_BYTES);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    json = undefined;
  }
  const checked = json === undefined ? undefined : check(json);
  if (checked === undefined) {
    throw new SlsError(
      "bad_answer",
      `Cannot ${call}: SLS answered 200 with ${bytes.length} bytes that are not ${expected}` +
        (requestId && ` (request id ${requestId})`),
      { status: 200, requestId },
    );
  }
  return checked;
}

/** The object's own value under `key` if it is a string. */
export function stringOf(json: unknown, key: string): string | undefined {
  const value = valueOf(json, key);
  return typeof value === "string" ? value : undefined;
}

/** The object's own value under `key` if it is a whole number. */
export function integerOf(json: unknown, key: string): number | undefined {
  const value = valueOf(json, key);
  return Number.isSafeInteger(value) ? value as number : undefined;
}

/** The object's own value under `key`. */
export function valueOf(json: unknown, key: string): unknown {
  return typeof json === "object" && json !== null && Object.hasOwn(json, key)
    ? (json as Record<string, unknown>)[key]
    : undefined;
}

/** Checks each item of an array; undefined when it is no array or an item fails. */
export function listOf<T>(json: unknown, check: (item: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(json)) return undefined;
  const list = json.map(check);
  return list.includes(undefined) ? undefined : list as T[];
}
