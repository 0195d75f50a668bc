import assert from "node:assert/strict";
import { CLIENT_CALLS } from "../../../src/emulator/core/sls/api_calls.ts";
import { encodeLogGroup } from "../../../src/emulator/core/sls/encode_log_group.ts";
import { SlsService } from "../../../src/emulator/core/sls/sls_service.ts";
import { SlsStore } from "../../../src/emulator/core/sls/sls_store.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { KEY, signed, type SignOptions } from "../sls/sls_client.ts";

const GROUP = "/logstores/l/consumergroups/g";
const PULL = "/logstores/l/shards/0?type=logs&count=10&cursor=";

/** A service with project `p` and logstore `l` of one shard, and what sends signed requests to it. */
function openService() {
  const clock = new FakeClock();
  const store = new SlsStore(clock);
  const logstore = store.createLogstore(store.createProject("p"), { name: "l", shards: 1 });
  const service = new SlsService({ clock, store, accessKeys: [KEY], calls: CLIENT_CALLS });
  const { log } = logstore.shard(0);
  const send = (line: string, options?: SignOptions) => {
    const { status, body, headers } = service.handle(signed(line, clock.nowMs(), options));
    const isJson = headers?.["Content-Type"] === "application/json";
    return { status, headers, json: isJson ? JSON.parse(String(body)) : undefined };
  };
  return { log, send, begin: encodeURIComponent(log.cursorAt(0)) };
}

Deno.test("SlsService serves the calls of a producer and a consumer", () => {
  const { log, send, begin } = openService();
  const body = encodeLogGroup({ logs: [{ timeSec: 1, contents: [["a", "b"]] }] });
  const headers = { "content-type": "application/x-protobuf" };
  const group = { body: JSON.stringify({ consumerGroup: "g", timeout: 60, order: false }) };
  assert.equal(send("POST /logstores/l/shards/lb", { body, headers }).status, 200);
  assert.equal(send("POST /logstores/l/consumergroups", group).status, 200);
  assert.deepEqual(send(`POST ${GROUP}?type=heartbeat&consumer=c`, { body: "[]" }).json, [0]);
  assert.equal(send(`GET ${PULL}${begin}`).headers?.["x-log-count"], "1");
  const checkpoint = { body: JSON.stringify({ shard: 0, checkpoint: log.cursorAt(1) }) };
  assert.equal(send(`POST ${GROUP}?type=checkpoint&consumer=c`, checkpoint).status, 200);
  assert.equal(send(`GET ${GROUP}`).json[0].checkpoint, log.cursorAt(1));
});

const refused: [sentence: string, line: (begin: string) => string, status: number, code: string][] =
  [
    ["a query", (begin) => `GET ${PULL}${begin}&query=*`, 400, "ParameterInvalid"],
    ["a processor", (begin) => `GET ${PULL}${begin}&processor=p`, 400, "ParameterInvalid"],
    ["a split", () => "POST /logstores/l/shards/0?action=split", 405, "InvalidMethod"],
    ["a new project", () => "POST /", 405, "InvalidMethod"],
  ];
for (const [sentence, line, status, code] of refused) {
  Deno.test(`SlsService refuses ${sentence}`, () => {
    const { send, begin } = openService();
    const answer = send(line(begin));
    assert.equal(answer.status, status);
    assert.equal(answer.json.errorCode, code);
  });
}
