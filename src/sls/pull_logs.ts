import { BodyTooLarge } from "../base/bounded_body.ts";
import { InvalidValue, kindAndLength } from "../base/invalid_value.ts";
import { isCursorBefore } from "../base/cursor.ts";
import type { SlsRequester } from "./requester.ts";
import { SlsError } from "./sls_error.ts";
import { cursorText } from "./sls_values.ts";

/**
 * Largest page that is accepted, decompressed. SLS documents no limit; its Java consumer reserves
 * 20 MiB, and one write is at most 10 MiB.
 */
export const PAGE_MAX_BYTES = 64 * 1024 * 1024;
/** Larger counts of logs and bytes that SLS says it has read for one page are ignored. */
const READ_MAX_LOGS = 1e9;
const READ_MAX_BYTES = 2 ** 30;
/** Smallest log group in a page: tag and length. */
const GROUP_MIN_BYTES = 2;
const COMPRESSION_MAX_CHARS = 16;

export interface PullRequest {
  readonly shard: number;
  /** First log group wanted. */
  readonly cursor: string;
  /** Log groups wanted, 1 to 1000. Getting fewer does not mean that the end is reached. */
  readonly count: number;
  /** SPL that the server applies first. */
  readonly query?: string | undefined;
  /** Name of a stored consume processor that the server applies first. */
  readonly processor?: string | undefined;
  /** Where to stop, exclusive. */
  readonly endCursor?: string | undefined;
}

/** Memory for a page, allocated once its size is known. */
export interface PageRoom {
  /** At least as long as the body on the wire. */
  readonly body: Uint8Array;
}

/** What the headers of an answer say about its page. */
export interface PageHead {
  /** `x-log-compresstype`; undefined when the body is plain. */
  readonly compressType: string | undefined;
  /** Length of the page, decompressed. */
  readonly rawBytes: number;
  /** Log groups in the page. */
  readonly groupCount: number;
  /** Cursor of the next page; equal to the request's when there is nothing new. */
  readonly nextCursor: string;
  /** Whether the page reaches the end of the shard; undefined when the server does not say. */
  readonly endOfShard: boolean | undefined;
  /** What the server read before a query or processor dropped some; that of the page without one. */
  readonly scannedBytes: number;
  readonly scannedGroups: number;
  /** Whether the log groups have consecutive cursors: group i has the request's cursor + i. */
  readonly unfiltered: boolean;
  /** What a query left out; undefined without one, and when the server does not say. */
  readonly filtered: FilteredLogs | undefined;
  /** What the server read before a query or processor dropped some; left out without one. */
  readonly beforeQuery?: BeforeQuery | undefined;
}

/** What the server read; undefined where it does not say. */
export interface BeforeQuery {
  readonly logs: number | undefined;
  readonly bytes: number | undefined;
}

/** Logs that SLS read and did not send. */
export interface FilteredLogs {
  readonly logs: number;
  /** How many of them the query failed on. */
  readonly failed: number;
}

export interface PulledPage extends PageHead {
  readonly kind: "page";
  /** The body as received, a view of the given memory; empty when the page is. */
  readonly body: Uint8Array;
}

/** Allocates memory for a page whose headers have come; undefined when a page of that size has to wait. */
export type RoomFor = (
  /** The body's length on the wire; an upper bound when the server does not say. */
  bodyBytes: number,
  /** Length of the page, decompressed. */
  rawBytes: number,
  head: PageHead,
) => PageRoom | undefined;

/** There was no memory for the page; nothing was read. */
export interface PageTooBig {
  readonly kind: "too_big";
  readonly bodyBytes: number;
  readonly rawBytes: number;
}

/** PullLogs for one logstore. */
export class PullLogs {
  readonly #requester: SlsRequester;
  readonly #name: string;
  readonly #path: string;

  constructor(requester: SlsRequester, project: string, logstore: string) {
    this.#requester = requester;
    this.#name = `${project}/${logstore}`;
    this.#path = `/logstores/${encodeURIComponent(logstore)}/shards`;
  }

  /**
   * Pulls one page.
   * @param roomFor Called when the headers have come, unless the page is empty.
   * @throws {SlsError}, or the reason of `signal`.
   */
  async pull(
    request: PullRequest,
    roomFor: RoomFor,
    signal?: AbortSignal,
  ): Promise<PulledPage | PageTooBig> {
    const { shard, cursor, count, query, processor, endCursor } = request;
    const name = `PullLogs of ${this.#name} shard ${shard}`;
    return await this.#requester.call(
      {
        name,
        method: "GET",
        path: `${this.#path}/${shard}`,
        query: {
          type: "logs",
          cursor,
          count: String(count),
          ...(endCursor !== undefined && { end_cursor: endCursor }),
          // Some SDKs still send pullMode, others no longer; the service takes both.
          ...(query !== undefined && { query, pullMode: "scan_on_stream" }),
          ...(processor !== undefined && { processor }),
        },
        headers: { accept: "application/x-protobuf", "accept-encoding": "lz4" },
        lane: "pull",
      },
      signal,
      async (response, requestId) => {
        const head = pageHead(name, request, response.headers, requestId);
        const bodyBytes = bodyBound(response.headers, head.rawBytes);
        if (head.rawBytes === 0) { // an empty page: its body, if any, is ignored
          await response.body?.cancel();
          return { kind: "page" as const, ...head, body: new Uint8Array(0) };
        }
        const room = roomFor(bodyBytes, head.rawBytes, head);
        if (!room) {
          await response.body?.cancel();
          return { kind: "too_big" as const, bodyBytes, rawBytes: head.rawBytes };
        }
        const length = await this.#readBody(name, response, room.body, requestId);
        return { kind: "page" as const, ...head, body: room.body.subarray(0, length) };
      },
    );
  }

  async #readBody(
    name: string,
    response: Response,
    target: Uint8Array,
    requestId: string,
  ): Promise<number> {
    try {
      return await this.#requester.readBody(response, target);
    } catch (error) {
      if (!(error instanceof BodyTooLarge)) throw error;
      throw badAnswer(name, requestId, `its body is longer than its headers allow`);
    }
  }
}

function pageHead(
  name: string,
  request: PullRequest,
  headers: Headers,
  requestId: string,
): PageHead {
  const groupCount = wholeNumber(headers, "x-log-count");
  const rawBytes = wholeNumber(headers, "x-log-bodyrawsize");
  if (groupCount === undefined || rawBytes === undefined) {
    throw badAnswer(name, requestId, "x-log-count or x-log-bodyrawsize is missing or not a number");
  }
  if (rawBytes > PAGE_MAX_BYTES) {
    throw badAnswer(
      name,
      requestId,
      `the page announces ${rawBytes} bytes, expected at most ${PAGE_MAX_BYTES}`,
    );
  }
  if (groupCount > rawBytes / GROUP_MIN_BYTES) {
    throw badAnswer(name, requestId, `${groupCount} log groups came in ${rawBytes} bytes`);
  }
  const filtered = request.query !== undefined || request.processor !== undefined;
  const nextCursor = nextCursorOf(name, request.cursor, headers, requestId);
  if (groupCount > 0 && nextCursor === request.cursor) {
    throw badAnswer(name, requestId, `${groupCount} log groups came without a next cursor`);
  }
  const end = headers.get("x-log-end-of-cursor");
  return {
    compressType: compressTypeOf(headers),
    rawBytes,
    groupCount,
    nextCursor,
    endOfShard: end === null || end === "" ? undefined : end === "1",
    scannedBytes: (filtered ? readBytes(headers) : undefined) ?? rawBytes,
    scannedGroups: (filtered ? readLogs(headers, "x-log-rawdatacount") : undefined) ?? groupCount,
    unfiltered: !filtered,
    filtered: filtered ? filteredLogs(headers) : undefined,
    ...(filtered && {
      beforeQuery: {
        logs: readLogs(headers, "x-log-rawdatalines"),
        bytes: readBytes(headers),
      },
    }),
  };
}

/**
 * The next cursor of an answer.
 * @throws {SlsError} when it is not valid, or is before the request's: those logs were read before.
 */
function nextCursorOf(
  name: string,
  cursor: string,
  headers: Headers,
  requestId: string,
): string {
  // Python and Java keep the old cursor when the server sends an empty one.
  const text = headers.get("x-log-cursor") || cursor;
  if (text === cursor) return cursor;
  let next: string;
  try {
    next = cursorText("a next cursor", text);
  } catch (error) {
    if (!(error instanceof InvalidValue)) throw error;
    throw badAnswer(name, requestId, `found ${error.message}`);
  }
  if (!isCursorBefore(next, cursor)) return next;
  throw badAnswer(
    name,
    requestId,
    `the next cursor ${next} is before cursor ${cursor}, at which the page was pulled`,
  );
}

/** The compression; described where it is too long for a name. */
function compressTypeOf(headers: Headers): string | undefined {
  const name = headers.get("x-log-compresstype") || undefined;
  if (name === undefined || name.length <= COMPRESSION_MAX_CHARS) return name;
  return `a name ${kindAndLength(name)}`;
}

function filteredLogs(headers: Headers): FilteredLogs | undefined {
  const read = readLogs(headers, "x-log-rawdatalines");
  const left = readLogs(headers, "x-log-resultlines");
  if (read === undefined || left === undefined) return undefined;
  const logs = Math.max(0, read - left); // a query may also make several logs from one
  return { logs, failed: Math.min(logs, readLogs(headers, "x-log-failedlines") ?? 0) };
}

/** The body's length on the wire; an upper bound when it is not announced. */
function bodyBound(headers: Headers, rawBytes: number): number {
  // When a gateway has compressed the body again, `fetch` returns more bytes than announced.
  const announced = headers.has("content-encoding")
    ? undefined
    : wholeNumber(headers, "content-length");
  const most = rawBytes + Math.ceil(rawBytes / 128) + 1024;
  return announced === undefined ? most : Math.min(announced, most);
}

function readLogs(headers: Headers, name: string): number | undefined {
  return atMost(READ_MAX_LOGS, wholeNumber(headers, name));
}

function readBytes(headers: Headers): number | undefined {
  return atMost(READ_MAX_BYTES, wholeNumber(headers, "x-log-rawdatasize"));
}

function atMost(most: number, number: number | undefined): number | undefined {
  return number !== undefined && number <= most ? number : undefined;
}

function wholeNumber(headers: Headers, name: string): number | undefined {
  const text = headers.get(name);
  return text !== null && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
}

function badAnswer(name: string, requestId: string, what: string): SlsError {
  return new SlsError(
    "bad_answer",
    `Cannot ${name}: ${what}${requestId && ` (request id ${requestId})`}`,
    { status: 200, requestId },
  );
}
