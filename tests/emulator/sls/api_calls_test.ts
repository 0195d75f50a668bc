import assert from "node:assert/strict";
import { projectOfHost } from "../../../src/emulator/core/sls/project_of_host.ts";
import { CLIENT_CALLS, routeRequest } from "../../../src/emulator/core/sls/api_calls.ts";
import { ALL_CALLS } from "../../../src/emulator/sls/all_calls.ts";

for (
  const { request, call } of [
    { request: "GET /", call: "GetProject" },
    { request: "POST /", call: "CreateProject" },
    { request: "GET /logstores?size=100", call: "ListLogStores" },
    { request: "POST /logstores", call: "CreateLogStore" },
    { request: "GET /logstores/l", call: "GetLogStore" },
    { request: "PUT /logstores/l", call: "UpdateLogStore" },
    { request: "DELETE /logstores/l", call: "DeleteLogStore" },
    { request: "POST /logstores/l", call: "PutLogs" },
    { request: "POST /logstores/l/shards/lb", call: "PutLogs" },
    { request: "POST /logstores/l/shards/route?key=0", call: "PutLogs" },
    { request: "GET /logstores/l/shards", call: "ListShards" },
    { request: "GET /logstores/l/shards/0?type=logs", call: "PullLogs" },
    { request: "HEAD /logstores/l/shards/0?type=log", call: "PullLogs" },
    { request: "GET /logstores/l/shards/0?type=cursor&from=end", call: "GetCursor" },
    { request: "GET /logstores/l/shards/0?cursor=x&type=cursor_time", call: "GetCursorTime" },
    { request: "POST /logstores/l/shards/0?action=split", call: "SplitShard" },
    { request: "POST /logstores/l/shards/0?action=merge", call: "MergeShard" },
    { request: "POST /logstores/l/consumergroups", call: "CreateConsumerGroup" },
    { request: "GET /logstores/l/consumergroups", call: "ListConsumerGroup" },
    { request: "PUT /logstores/l/consumergroups/g", call: "UpdateConsumerGroup" },
    { request: "DELETE /logstores/l/consumergroups/g", call: "DeleteConsumerGroup" },
    { request: "GET /logstores/l/consumergroups/g?shard=0", call: "GetCheckPoint" },
    { request: "POST /logstores/l/consumergroups/g?type=heartbeat", call: "HeartBeat" },
    { request: "POST /logstores/l/consumergroups/g?type=checkpoint", call: "UpdateCheckPoint" },
    { request: "POST /logstores/l/consumergroups/g", call: undefined },
    { request: "GET /logstores/l/consumergroups/", call: undefined },
    { request: "POST /logstores/l/shards/0", call: undefined },
    { request: "DELETE /logstores/l/shards/0", call: undefined },
    { request: "PATCH /logstores/l", call: undefined },
    { request: "GET /logstores/%zz", call: undefined },
    { request: "GET /somewhere", call: undefined },
    { request: "GET //logstores", call: undefined },
  ]
) {
  Deno.test(`routeRequest() reads ${request} as ${call}`, () => {
    const [method = "", target = ""] = request.split(" ");
    const [path = "", query] = target.split("?");
    const route = routeRequest(ALL_CALLS, method, path, new URLSearchParams(query));
    assert.equal(route?.call[1], call);
  });
}

Deno.test("routeRequest() returns the decoded names of a path", () => {
  const query = new URLSearchParams("type=heartbeat");
  const path = "/logstores/a%20b/consumergroups/%E7%BB%84";
  assert.deepEqual(routeRequest(CLIENT_CALLS, "POST", path, query), {
    call: CLIENT_CALLS.find(([, name]) => name === "HeartBeat"),
    logstore: "a b",
    shard: "",
    group: "组",
  });
});

for (
  const { host, projects = ["one"], project } of [
    { host: "demo.cn-hangzhou.log.aliyuncs.com", project: "demo" },
    { host: "Demo.cn-hangzhou.log.aliyuncs.com:8080", project: "demo" },
    { host: "demo.127.0.0.1", project: "demo" },
    { host: "demo.localhost:80", project: "demo" },
    { host: "127.0.0.1:8080", project: "one" },
    { host: "127.0.0.1:8080", projects: ["one", "two"], project: undefined },
    { host: "127.0.0.1:8080", projects: ["one", "127"], project: "127" },
    { host: "localhost", project: "one" },
    { host: "one", projects: ["one", "two"], project: "one" },
    { host: "[::1]:8080", project: "one" },
    { host: "", projects: [], project: undefined },
  ] as { host: string; projects?: string[]; project: string | undefined }[]
) {
  Deno.test(`projectOfHost() finds ${project} in ${host} of ${projects}`, () => {
    assert.equal(projectOfHost(host, projects), project);
  });
}
