import type { HttpResponse } from "../core/http.ts";
import { type CallContext, done, jsonAnswer } from "../core/sls/call_context.ts";
import { parameterInvalid, SlsError } from "../core/sls/sls_error.ts";
import type { Project } from "../core/sls/sls_store.ts";

/** The most shards that a new logstore may have. */
const MAX_NEW_SHARDS = 256;
const MAX_LISTED = 500;

/** CreateProject: `POST /`. */
export function createProject(context: CallContext): HttpResponse {
  const { projectName, description } = context.jsonFields();
  if (typeof projectName !== "string" || !/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(projectName)) {
    throw parameterInvalid(`Project name ${projectName} is invalid`);
  }
  context.ports.store.createProject(projectName, String(description ?? ""));
  return done;
}

/** GetProject: `GET /`. */
export function getProject({ project, ports }: CallContext): HttpResponse {
  return jsonAnswer(describeProject(project, ports.region));
}

/** ListProject: `GET /` of the endpoint itself. */
export function listProject(context: CallContext): HttpResponse {
  const { store, region } = context.ports;
  const wanted = context.request.query.get("projectName") ?? "";
  const all = [...store.projects.values()].filter(({ name }) => name.includes(wanted));
  const projects = listed(context, all).map((project) => describeProject(project, region));
  return jsonAnswer({ count: projects.length, total: all.length, projects });
}

function describeProject({ name, description, createdSec }: Project, region: string) {
  const time = new Date(createdSec * 1000).toISOString().slice(0, 19).replace("T", " ");
  return {
    projectName: name,
    description,
    status: "Normal",
    region,
    owner: "",
    createTime: time,
    lastModifyTime: time,
    resourceGroupId: "",
  };
}

/** CreateLogStore: `POST /logstores`. */
export function createLogStore(context: CallContext): HttpResponse {
  const { logstoreName, ttl, shardCount } = context.jsonFields();
  if (
    typeof logstoreName !== "string" || !/^[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$/.test(logstoreName)
  ) {
    throw logstoreInfoInvalid(`logstore name ${logstoreName} is invalid`);
  }
  context.ports.store.createLogstore(context.project, {
    name: logstoreName,
    shards: wholeNumber(shardCount ?? 2, "shardCount", MAX_NEW_SHARDS),
    ttlDays: wholeNumber(ttl ?? 30, "ttl", 3650),
  });
  return done;
}

/** UpdateLogStore: `PUT /logstores/{logstore}`; only the retention can be changed. */
export function updateLogStore(context: CallContext): HttpResponse {
  const { logstore } = context;
  const { ttl } = context.jsonFields();
  if (ttl !== undefined) logstore.ttlDays = wholeNumber(ttl, "ttl", 3650);
  return done;
}

/** DeleteLogStore: `DELETE /logstores/{logstore}`. */
export function deleteLogStore({ logstore, project }: CallContext): HttpResponse {
  project.logstores.delete(logstore.name);
  return done;
}

/** ListLogStores: `GET /logstores`. */
export function listLogStores(context: CallContext): HttpResponse {
  const wanted = context.request.query.get("logstoreName") ?? "";
  // What the list of `None` has is described in two ways by the vendor; here it has everything.
  const type = context.request.query.get("telemetryType") ?? "None";
  const all = [...context.project.logstores.values()]
    .filter(({ name, telemetryType }) =>
      name.includes(wanted) && (type === "None" || telemetryType === type)
    )
    .map(({ name }) => name);
  const logstores = listed(context, all);
  return jsonAnswer({ count: logstores.length, total: all.length, logstores });
}

/** The part of a list that `offset` and `size` select. */
function listed<T>({ request }: CallContext, all: readonly T[]): T[] {
  const offset = Number(request.query.get("offset") ?? 0) || 0;
  const size = Number(request.query.get("size") ?? MAX_LISTED) || MAX_LISTED;
  return all.slice(offset, offset + Math.min(size, MAX_LISTED));
}

function wholeNumber(value: unknown, name: string, max: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > max) {
    throw logstoreInfoInvalid(`${name} is invalid`);
  }
  return value;
}

function logstoreInfoInvalid(message: string): SlsError {
  return new SlsError(400, "LogStoreInfoInvalid", message);
}
