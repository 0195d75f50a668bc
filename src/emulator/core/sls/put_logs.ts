import type { HttpResponse } from "../http.ts";
import { type CallContext, done, expectContentType } from "./call_context.ts";
import { checkLogGroup } from "./check_log_group.ts";
import { decompress, isCompression } from "./compression.ts";
import type { Logstore } from "./logstore.ts";
import type { Shard } from "./shard.ts";
import { missingHeader, parameterInvalid, SlsError } from "./sls_error.ts";
import { WireError } from "./wire_reader.ts";

/**
 * PutLogs: `POST /logstores/{logstore}/shards/lb`, the same without `/shards/lb`, and
 * `/shards/route?key=…` for the shard of a hash key. The body is one LogGroup.
 */
export function putLogs(context: CallContext): HttpResponse {
  const { logstore, request } = context;
  if (request.query.get("processor")) throw parameterInvalid("processor does not exist");
  const group = openBody(context);
  try {
    checkLogGroup(group);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const message = `Protobuffer content cannot be parsed: ${error.message}`;
    throw new SlsError(400, "PostBodyInvalid", message);
  }
  const key = context.request.query.get("key");
  const shard = request.path.endsWith("/shards/route") || key
    ? shardOfKey(logstore, context.required("key"))
    : logstore.nextShard();
  shard.log.append(group, context.ports.store.nowSec);
  return done;
}

function shardOfKey(logstore: Logstore, key: string): Shard {
  if (!/^[0-9a-f]{32}$/i.test(key)) throw parameterInvalid("invalid hash key");
  return logstore.shardOfKey(key.toLowerCase());
}

function openBody({ request, ports }: CallContext): Uint8Array {
  const { headers, body } = request;
  expectContentType(headers.get("content-type"), "application/x-protobuf");
  const size = headers.get("x-log-bodyrawsize");
  if (size === null) throw missingHeader("x-log-bodyrawsize");
  if (!/^\d{1,15}$/.test(size)) throw invalidBodyRawSize();
  const rawSize = Number(size);
  const { writeMaxBytes } = ports.limits;
  if (body.length > writeMaxBytes || rawSize > writeMaxBytes) {
    const message = `body size ${Math.max(body.length, rawSize)} must little than ${writeMaxBytes}`;
    throw new SlsError(413, "PostBodyTooLarge", message);
  }
  const compression = headers.get("x-log-compresstype")?.toLowerCase() ?? "";
  if (!isCompression(compression)) {
    const message = `x-log-compresstype ${compression} is unsupported.`;
    throw new SlsError(400, "InvalidCompressType", message);
  }
  if (compression === "" && body.length !== rawSize) throw invalidBodyRawSize();
  try {
    return decompress(compression, body, rawSize);
  } catch {
    // Whatever the decompressor says, to the client its body is what is wrong.
    throw new SlsError(400, "PostBodyUncompressError", "Failed to uncompress logs.");
  }
}

function invalidBodyRawSize(): SlsError {
  return new SlsError(400, "InvalidBodyRawSize", "x-log-bodyrawsize is invalid.");
}
