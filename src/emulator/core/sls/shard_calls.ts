import type { HttpResponse } from "../../http/message.ts";
import { type CallContext, jsonAnswer } from "./call_context.ts";
import { parameterInvalid } from "./sls_error.ts";
import { retainedPosition } from "./pull_logs.ts";

/** ListShards: `GET /logstores/{logstore}/shards`. */
export function listShards({ logstore }: CallContext): HttpResponse {
  return jsonAnswer([...logstore.shards.values()]);
}

/** SplitShard: `POST …/shards/{shard}?action=split&key=…`; in the middle without a key. */
export function splitShard(context: CallContext): HttpResponse {
  const { shard, logstore, request, ports } = context;
  if ((request.query.get("shardCount") ?? "2") !== "2") {
    throw parameterInvalid("invalid shard count, only 2 is supported");
  }
  const key = request.query.get("key") ?? undefined;
  return jsonAnswer(logstore.split(shard.id, key, ports.store.nowSec));
}

/** MergeShard: `POST …/shards/{shard}?action=merge`, with its right neighbour. */
export function mergeShard({ shard, logstore, ports }: CallContext): HttpResponse {
  return jsonAnswer(logstore.merge(shard.id, ports.store.nowSec));
}

/**
 * GetCursor: `GET …/shards/{shard}?type=cursor&from=begin|end|<unix seconds of receipt>`. A time before
 * the oldest retained group gives the begin, one after the newest the end.
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

/** GetCursorTime: `GET …/shards/{shard}?type=cursor_time&cursor=…`; the end has the time of now. */
export function getCursorTime(context: CallContext): HttpResponse {
  const { log } = context.shard;
  const position = retainedPosition(log, context.required("cursor"));
  return jsonAnswer({
    cursor_time: position < log.end ? log.receivedSecAt(position) : context.ports.store.nowSec,
  });
}
