import type { Call, PathNames } from "./call_context.ts";
import {
  createConsumerGroup,
  deleteConsumerGroup,
  getCheckPoint,
  heartBeat,
  listConsumerGroup,
  updateCheckPoint,
  updateConsumerGroup,
} from "./consumer_group_calls.ts";
import { getLogStore } from "./get_log_store.ts";
import { pullLogs } from "./pull_logs.ts";
import { putLogs } from "./put_logs.ts";
import { getCursor, getCursorTime, listShards } from "./shard_calls.ts";

/**
 * One way to make an API call: method, path and the query parameter that distinguishes calls of the same path
 * apart; the vendor's name of the call; its RAM action; what answers it.
 */
export type ApiCall = readonly [pattern: string, name: string, ramAction: string, answer: Call];

/** What a request asks for. */
export interface Route extends PathNames {
  readonly call: ApiCall;
}

const LOGSTORE = "/logstores/:logstore";
const SHARD = `${LOGSTORE}/shards/:shard`;
const GROUPS = `${LOGSTORE}/consumergroups`;
const GROUP = `${GROUPS}/:group`;

/** What a producer and a consumer of one logstore call. */
export const CLIENT_CALLS = [
  [`GET ${LOGSTORE}`, "GetLogStore", "log:GetLogStore", getLogStore],
  [`POST ${LOGSTORE}`, "PutLogs", "log:PostLogStoreLogs", putLogs],
  [`POST ${LOGSTORE}/shards/lb`, "PutLogs", "log:PostLogStoreLogs", putLogs],
  [`POST ${LOGSTORE}/shards/route`, "PutLogs", "log:PostLogStoreLogs", putLogs],
  [`GET ${LOGSTORE}/shards`, "ListShards", "log:ListShards", listShards],
  [`GET ${SHARD}?type=cursor`, "GetCursor", "log:GetCursorOrData", getCursor],
  [`GET ${SHARD}?type=cursor_time`, "GetCursorTime", "log:GetCursorOrData", getCursorTime],
  [`GET ${SHARD}`, "PullLogs", "log:GetCursorOrData", pullLogs],
  [`HEAD ${SHARD}`, "PullLogs", "log:GetCursorOrData", pullLogs],
  [`POST ${GROUPS}`, "CreateConsumerGroup", "log:CreateConsumerGroup", createConsumerGroup],
  [`GET ${GROUPS}`, "ListConsumerGroup", "log:ListConsumerGroup", listConsumerGroup],
  [`PUT ${GROUP}`, "UpdateConsumerGroup", "log:UpdateConsumerGroup", updateConsumerGroup],
  [`DELETE ${GROUP}`, "DeleteConsumerGroup", "log:DeleteConsumerGroup", deleteConsumerGroup],
  [`GET ${GROUP}`, "GetCheckPoint", "log:GetConsumerGroupCheckPoint", getCheckPoint],
  [`POST ${GROUP}?type=heartbeat`, "HeartBeat", "log:ConsumerGroupHeartBeat", heartBeat],
  [
    `POST ${GROUP}?type=checkpoint`,
    "UpdateCheckPoint",
    "log:ConsumerGroupUpdateCheckPoint",
    updateCheckPoint,
  ],
] as const satisfies readonly ApiCall[];

/**
 * Finds the call that a request makes.
 *
 * @param calls The calls that are known; the first match counts.
 * @returns undefined for what is not known, an empty group name included.
 */
export function routeRequest(
  calls: readonly ApiCall[],
  method: string,
  path: string,
  query: URLSearchParams,
): Route | undefined {
  for (const call of calls) {
    const [, wantedMethod, pattern = "", key = "", value = ""] = /^(\w+) ([^?]+)\??([^=]*)=?(.*)$/
      .exec(call[0]) ?? [];
    if (method !== wantedMethod || (key !== "" && query.get(key) !== value)) continue;
    const names = matchPath(pattern, path);
    if (names) return { logstore: "", shard: "", group: "", ...names, call };
  }
  return undefined;
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const parts = path.split("/");
  if (parts.length !== wanted.length) return undefined;
  const names: Record<string, string> = {};
  for (const [i, part] of parts.entries()) {
    const name = wanted[i]!;
    if (!name.startsWith(":")) {
      if (part !== name) return undefined;
      continue;
    }
    const decoded = decodePart(part);
    if (!decoded) return undefined;
    names[name.slice(1)] = decoded;
  }
  return names;
}

function decodePart(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined; // a stray percent sign: no such path
  }
}
