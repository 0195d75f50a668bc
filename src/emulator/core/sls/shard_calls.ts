import type { HttpResponse } from "../http.ts";
import { type CallContext, jsonAnswer } from "./call_context.ts";
import { parameterInvalid } from "./sls_error.ts";
import { retainedPosition } from "./pull_logs.ts";

/** ListShards: `GET /logstores/{logstore}/shards`. */
export function listShards({ logstore }: CallContext): HttpResponse {
  return jsonAnswer([...logstore.shards.values()]);
}

/**
 * GetCursor: `GET …/shards/{shard}?type=cursor&from=begin|end|<Unix seconds of receipt>`. A time before
 * the oldest retained group gives the begin, a time after the newest gives the end.
 */
export function getCursor(context: CallContext): HttpResponse {
  const { log } = context.shard;
  const from = context.required("from");
  let position: number;
  if (from === "begin") position = log.begin;
  else if (from === "end") position = log.end;
  else if (/^\d{1,15}$/.test(from)) position = log.positionAtTime(Number(from));
  else throw parameterInvalid("Parameter From is not valid");
  return jsonAnswer({ cursor: log.cursorAt(position) });
}

/** GetCursorTime: `GET …/shards/{shard}?type=cursor_time&cursor=…`; the end has the current time. */
export function getCursorTime(context: CallContext): HttpResponse {
  const { log } = context.shard;
  const position = retainedPosition(log, context.required("cursor"));
  return jsonAnswer({
    cursor_time: position < log.end ? log.receivedSecAt(position) : context.ports.store.nowSec,
  });
}
