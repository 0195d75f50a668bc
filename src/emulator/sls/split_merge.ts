import { type CallContext, jsonAnswer } from "../core/sls/call_context.ts";
import type { HttpResponse } from "../core/http.ts";
import { middleKey } from "../core/sls/key_range.ts";
import type { Logstore } from "../core/sls/logstore.ts";
import type { Shard } from "../core/sls/shard.ts";
import { parameterInvalid } from "../core/sls/sls_error.ts";

/** SplitShard: `POST …/shards/{shard}?action=split&key=…`; in the middle without a key. */
export function splitShard(context: CallContext): HttpResponse {
  const { shard, logstore, request, ports } = context;
  if ((request.query.get("shardCount") ?? "2") !== "2") {
    throw parameterInvalid("invalid shard count, only 2 is supported");
  }
  const key = request.query.get("key") ?? undefined;
  return jsonAnswer(split(logstore, shard.id, key, ports.store.nowSec));
}

/** MergeShard: `POST …/shards/{shard}?action=merge`, with its right neighbour. */
export function mergeShard({ shard, logstore, ports }: CallContext): HttpResponse {
  return jsonAnswer(merge(logstore, shard.id, ports.store.nowSec));
}

/**
 * Splits a shard at a key, or in the middle.
 *
 * @returns the parent and its two children.
 * @throws {SlsError} 400 `ParameterInvalid` for a read-only shard or a key outside its range.
 */
export function split(
  logstore: Logstore,
  id: number,
  key: string | undefined,
  nowSec: number,
): Shard[] {
  const parent = writableShard(logstore, id);
  const { begin, end } = parent.range;
  const middle = (key ?? middleKey(parent.range)).toLowerCase();
  if (!/^[0-9a-f]{32}$/.test(middle) || middle <= begin || middle >= end) {
    throw parameterInvalid("invalid mid hash");
  }
  parent.closeForWrites(nowSec);
  const ancestors = [...parent.ancestors, id];
  return [
    parent,
    logstore.addShard({ begin, end: middle }, ancestors, nowSec),
    logstore.addShard({ begin: middle, end }, ancestors, nowSec),
  ];
}

/**
 * Merges a shard with its right neighbour.
 *
 * @returns the child and its two parents.
 * @throws {SlsError} 400 `ParameterInvalid` for a read-only shard or the last one.
 */
export function merge(logstore: Logstore, id: number, nowSec: number): Shard[] {
  const left = writableShard(logstore, id);
  const right = logstore.writable().find(({ range }) => range.begin === left.range.end);
  if (!right) throw parameterInvalid("can not merge the last shard");
  left.closeForWrites(nowSec);
  right.closeForWrites(nowSec);
  const ancestors = [...new Set([...left.ancestors, ...right.ancestors, left.id, right.id])];
  const range = { begin: left.range.begin, end: right.range.end };
  return [logstore.addShard(range, ancestors, nowSec), left, right];
}

function writableShard(logstore: Logstore, id: number): Shard {
  const shard = logstore.shard(id);
  if (shard.status === "readonly") throw parameterInvalid("invalid shard id");
  return shard;
}
