import type { HttpResponse } from "../http.ts";
import type { CallContext } from "./call_context.ts";
import { chooseCompression, compress, type Compression } from "./compression.ts";
import { frameMessages } from "./frame_messages.ts";
import { type Page, type PageQuery, readPage } from "./read_page.ts";
import type { ShardLog } from "./shard_log.ts";
import { invalidCursor, missingQueryKey, parameterInvalid, SlsError } from "./sls_error.ts";

const MAX_COUNT = 1000;

/** PullLogs: `GET /logstores/{logstore}/shards/{shard}?type=logs&cursor=…&count=…`, also `HEAD`. */
export function pullLogs(context: CallContext): HttpResponse {
  const { query, headers } = context.request;
  const type = context.required("type");
  if (type !== "logs" && type !== "log") throw parameterInvalid(`type ${type} is not supported`);
  const maxGroups = countOf(query.get("count"));
  const shard = context.shard;
  const { log } = shard;
  const cursor = context.required("cursor");
  const from = retainedPosition(log, cursor);
  const endCursor = query.get("end_cursor");
  const until = endCursor ? positionOf(log, endCursor) : log.end;
  const pageQuery = queryOf(context);
  const compression = compressionFor(headers);
  const { readMeter, limits, observer, store } = context.ports;
  const { project, logstore } = context.ref;
  readMeter?.begin(project, logstore, shard.id);
  const page = readPage(log, {
    from,
    until: Math.min(until, log.end),
    maxGroups,
    maxBytes: limits.pageMaxBytes,
    query: pageQuery,
  });
  readMeter?.end(project, logstore, shard.id, page.scannedBytes);
  const raw = frameMessages(page.groups);
  const nextCursor = page.next === from ? cursor : log.cursorAt(page.next);
  observer.onPull?.({
    ...context.ref,
    shard: shard.id,
    cursor,
    nextCursor,
    groups: page.groups.length,
    rawBytes: raw.length,
  });
  const nextSec = page.next < log.end ? log.receivedSecAt(page.next) : store.nowSec;
  return {
    status: 200,
    headers: {
      "Content-Type": "application/x-protobuf",
      "x-log-cursor": nextCursor,
      "x-log-count": String(page.groups.length),
      "x-log-bodyrawsize": String(raw.length),
      // Also on an empty page: the vendor's older Go consumer fails on pages without it.
      ...(compression !== "" ? { "x-log-compresstype": compression } : {}),
      "x-log-end-of-cursor": page.next === log.end ? "1" : "0",
      "x-log-cursor-time": String(nextSec),
      // A plain decimal, not base64.
      ...(page.next > from
        ? { "x-log-read-last-cursor": String(log.startCursor + BigInt(page.next - 1)) }
        : {}),
      ...(pageQuery ? scanHeaders(page, page.next - from) : {}),
    },
    body: raw.length === 0 ? raw : compress(compression, raw),
  };
}

/** What a query read, and what it left. */
function scanHeaders(page: Page, scannedGroups: number): Record<string, string> {
  return {
    "x-log-rawdatasize": String(page.scannedBytes),
    "x-log-rawdatacount": String(scannedGroups),
    "x-log-rawdatalines": String(page.lines),
    "x-log-resultlines": String(page.resultLines),
    "x-log-failedlines": String(page.failedLines),
  };
}

/**
 * The position that a cursor names.
 *
 * @throws {SlsError} 400 `InvalidCursor` if it is not a cursor.
 */
function positionOf(log: ShardLog, cursor: string): number {
  const position = log.positionOf(cursor);
  if (position === undefined) throw invalidCursor(cursor);
  return position;
}

/**
 * The position that a cursor names.
 *
 * @throws {SlsError} 400 `InvalidCursor` if it is not a cursor, or outside the retained groups.
 */
export function retainedPosition(log: ShardLog, cursor: string): number {
  const position = positionOf(log, cursor);
  if (position < log.begin || position > log.end) throw invalidCursor(cursor);
  return position;
}

function countOf(text: string | null): number {
  if (!text) throw missingQueryKey("count");
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MAX_COUNT) {
    throw parameterInvalid(`Invalid loggroup count, (0,${MAX_COUNT}]`);
  }
  return count;
}

/**
 * @throws {SlsError} 400 `ParameterInvalid` if the call asks for a query and queries are not served.
 */
function queryOf(context: CallContext): PageQuery | undefined {
  if (context.ports.queryOf) return context.ports.queryOf(context);
  for (const key of ["query", "processor"]) {
    if (context.request.query.get(key)) throw parameterInvalid(`${key} is not supported`);
  }
  return undefined;
}

function compressionFor(headers: Headers): Compression {
  const accept = headers.get("accept") ?? "";
  if (accept !== "" && !/application\/x-protobuf|application\/\*|\*\/\*/i.test(accept)) {
    throw new SlsError(400, "InvalidAcceptContentType", `Accept ${accept} is unsupported.`);
  }
  const encoding = headers.get("accept-encoding");
  const compression = chooseCompression(encoding);
  if (compression === undefined) {
    const message = `Accept-Encoding ${encoding} is unsupported.`;
    throw new SlsError(400, "InvalidAcceptEncoding", message);
  }
  return compression;
}
