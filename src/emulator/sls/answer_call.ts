import type { HttpResponse } from "../http/message.ts";
import type { Call, CallContext } from "../core/sls/call_context.ts";
import * as groups from "../core/sls/consumer_group_calls.ts";
import * as projects from "./project_calls.ts";
import { pullLogs } from "../core/sls/pull_logs.ts";
import { putLogs } from "../core/sls/put_logs.ts";
import * as shards from "../core/sls/shard_calls.ts";
import type { CallName } from "../core/sls/route_request.ts";

const calls: Record<CallName, Call> = {
  CreateProject: projects.createProject,
  GetProject: projects.getProject,
  ListProject: projects.listProject,
  CreateLogStore: projects.createLogStore,
  GetLogStore: projects.getLogStore,
  UpdateLogStore: projects.updateLogStore,
  DeleteLogStore: projects.deleteLogStore,
  ListLogStores: projects.listLogStores,
  PutLogs: putLogs,
  PullLogs: pullLogs,
  GetCursor: shards.getCursor,
  GetCursorTime: shards.getCursorTime,
  ListShards: shards.listShards,
  SplitShard: shards.splitShard,
  MergeShard: shards.mergeShard,
  CreateConsumerGroup: groups.createConsumerGroup,
  ListConsumerGroup: groups.listConsumerGroup,
  UpdateConsumerGroup: groups.updateConsumerGroup,
  DeleteConsumerGroup: groups.deleteConsumerGroup,
  HeartBeat: groups.heartBeat,
  GetCheckPoint: groups.getCheckPoint,
  UpdateCheckPoint: groups.updateCheckPoint,
};

/** Makes the call that a request asks for. @throws {SlsError} if it is refused. */
export function answerCall(context: CallContext): HttpResponse {
  return calls[context.route.call](context);
}
