/** The API calls that the emulator answers, by the vendor's names, with their RAM actions. */
export const ramActions = {
  CreateProject: "log:CreateProject",
  GetProject: "log:GetProject",
  ListProject: "log:ListProject",
  CreateLogStore: "log:CreateLogStore",
  GetLogStore: "log:GetLogStore",
  UpdateLogStore: "log:UpdateLogStore",
  DeleteLogStore: "log:DeleteLogStore",
  ListLogStores: "log:ListLogStores",
  PutLogs: "log:PostLogStoreLogs",
  PullLogs: "log:GetCursorOrData",
  GetCursor: "log:GetCursorOrData",
  GetCursorTime: "log:GetCursorOrData",
  ListShards: "log:ListShards",
  SplitShard: "log:SplitShard",
  MergeShard: "log:MergeShards",
  CreateConsumerGroup: "log:CreateConsumerGroup",
  ListConsumerGroup: "log:ListConsumerGroup",
  UpdateConsumerGroup: "log:UpdateConsumerGroup",
  DeleteConsumerGroup: "log:DeleteConsumerGroup",
  HeartBeat: "log:ConsumerGroupHeartBeat",
  GetCheckPoint: "log:GetConsumerGroupCheckPoint",
  UpdateCheckPoint: "log:ConsumerGroupUpdateCheckPoint",
} as const;

export type CallName = keyof typeof ramActions;

/** What a request asks for. Names are empty where the path has none. */
export interface Route {
  readonly call: CallName;
  readonly logstore: string;
  /** As in the path: not necessarily a number. */
  readonly shard: string;
  readonly group: string;
}

/** Method, path, the query that tells it from others of the same path, call. The first match counts. */
const table: readonly (readonly [string, string, string, CallName])[] = [
  ["POST", "/", "", "CreateProject"],
  ["GET", "/", "", "GetProject"],
  ["GET", "/logstores", "", "ListLogStores"],
  ["POST", "/logstores", "", "CreateLogStore"],
  ["GET", "/logstores/:logstore", "", "GetLogStore"],
  ["PUT", "/logstores/:logstore", "", "UpdateLogStore"],
  ["DELETE", "/logstores/:logstore", "", "DeleteLogStore"],
  ["POST", "/logstores/:logstore", "", "PutLogs"],
  ["POST", "/logstores/:logstore/shards/lb", "", "PutLogs"],
  ["POST", "/logstores/:logstore/shards/route", "", "PutLogs"],
  ["GET", "/logstores/:logstore/shards", "", "ListShards"],
  ["GET", "/logstores/:logstore/shards/:shard", "type=cursor", "GetCursor"],
  ["GET", "/logstores/:logstore/shards/:shard", "type=cursor_time", "GetCursorTime"],
  ["GET", "/logstores/:logstore/shards/:shard", "", "PullLogs"],
  ["HEAD", "/logstores/:logstore/shards/:shard", "", "PullLogs"],
  ["POST", "/logstores/:logstore/shards/:shard", "action=split", "SplitShard"],
  ["POST", "/logstores/:logstore/shards/:shard", "action=merge", "MergeShard"],
  ["POST", "/logstores/:logstore/consumergroups", "", "CreateConsumerGroup"],
  ["GET", "/logstores/:logstore/consumergroups", "", "ListConsumerGroup"],
  ["PUT", "/logstores/:logstore/consumergroups/:group", "", "UpdateConsumerGroup"],
  ["DELETE", "/logstores/:logstore/consumergroups/:group", "", "DeleteConsumerGroup"],
  ["GET", "/logstores/:logstore/consumergroups/:group", "", "GetCheckPoint"],
  ["POST", "/logstores/:logstore/consumergroups/:group", "type=heartbeat", "HeartBeat"],
  ["POST", "/logstores/:logstore/consumergroups/:group", "type=checkpoint", "UpdateCheckPoint"],
];

/** @returns undefined for what the emulator does not know, an empty group name included. */
export function routeRequest(
  method: string,
  path: string,
  query: URLSearchParams,
): Route | undefined {
  for (const [wantedMethod, pattern, wantedQuery, call] of table) {
    if (method !== wantedMethod) continue;
    const [key = "", value] = wantedQuery.split("=");
    if (wantedQuery !== "" && query.get(key) !== value) continue;
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
