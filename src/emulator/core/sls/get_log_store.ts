import type { HttpResponse } from "../http.ts";
import { type CallContext, jsonAnswer } from "./call_context.ts";
import { parameterInvalid } from "./sls_error.ts";

/** GetLogStore: `GET /logstores/{logstore}`. */
export function getLogStore({ logstore, request }: CallContext): HttpResponse {
  const type = request.query.get("type");
  if (type) throw parameterInvalid(`type ${type} is not supported: logs can only be pulled`);
  return jsonAnswer({
    logstoreName: logstore.name,
    ttl: logstore.ttlDays,
    shardCount: logstore.writable().length,
    enable_tracking: false,
    autoSplit: false,
    maxSplitShard: 0,
    appendMeta: false,
    telemetryType: logstore.telemetryType,
    mode: "standard",
    createTime: logstore.createdSec,
    lastModifyTime: logstore.createdSec,
  });
}
