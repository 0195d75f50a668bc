import { type ApiCall, CLIENT_CALLS } from "../core/sls/api_calls.ts";
import * as projects from "./project_calls.ts";
import { mergeShard, splitShard } from "./split_merge.ts";

const SHARD = "/logstores/:logstore/shards/:shard";

/** ListProject: a GetProject of the endpoint itself, or with `size`. */
export const LIST_PROJECT = [
  "GET /",
  "ListProject",
  "log:ListProject",
  projects.listProject,
] as const satisfies ApiCall;

/** Every call that the emulator answers. */
export const ALL_CALLS = [
  ["POST /", "CreateProject", "log:CreateProject", projects.createProject],
  ["GET /", "GetProject", "log:GetProject", projects.getProject],
  ["GET /logstores", "ListLogStores", "log:ListLogStores", projects.listLogStores],
  ["POST /logstores", "CreateLogStore", "log:CreateLogStore", projects.createLogStore],
  ["PUT /logstores/:logstore", "UpdateLogStore", "log:UpdateLogStore", projects.updateLogStore],
  ["DELETE /logstores/:logstore", "DeleteLogStore", "log:DeleteLogStore", projects.deleteLogStore],
  [`POST ${SHARD}?action=split`, "SplitShard", "log:SplitShard", splitShard],
  [`POST ${SHARD}?action=merge`, "MergeShard", "log:MergeShards", mergeShard],
  ...CLIENT_CALLS,
] as const satisfies readonly ApiCall[];

/** The vendor's names of the calls. */
export type CallName = (typeof ALL_CALLS)[number][1] | (typeof LIST_PROJECT)[1];

/** The RAM action that a call needs. */
export function ramActionOf(name: CallName): string {
  const [, , action] = [...ALL_CALLS, LIST_PROJECT].find((call) => call[1] === name)!;
  return action;
}
