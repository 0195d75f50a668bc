import AlicloudLog from "@alicloud/log";
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { until } from "../support/forwarder.ts";
import { AppRun } from "./app_run.ts";

/** What the vendor's Node SDK is used for here; it has no types of its own. */
interface NodeClient {
  postLogStoreLogs(
    project: string,
    logstore: string,
    data: {
      logs: { timestamp: number; timestampNsPart?: number; content: Record<string, string> }[];
      topic?: string;
      source?: string;
      tags?: Record<string, string>[];
    },
    options: { agent: Agent },
  ): Promise<unknown>;
}
const Client = AlicloudLog as unknown as new (options: Record<string, string>) => NodeClient;

Deno.test("what @alicloud/log writes to SLS is what HEC receives", async () => {
  await using sls = SlsEmulator.start({
    accessKeys: [{ id: "id", secret: "secret" }],
    projects: [{ name: "p", logstores: [{ name: "l", shards: 2 }] }],
  });
  await using hec = HecEmulator.start();
  const writer = new Client({
    accessKeyId: "id",
    accessKeySecret: "secret",
    endpoint: `127.0.0.1:${sls.port}`,
  });
  const timeSec = Math.floor(Date.now() / 1000);
  const contents = Array.from({ length: 200 }, (_, i) => ({
    id: `log-${i}`,
    message: `错误 🦕 "quoted" \\ tab\t line\n ${"x".repeat(i)}`,
    [`key ${i % 7}`]: "",
  }));
  const audit = `{"eventId":"e-1","big":12345678901234567890,"z":1,"a":[true,null]}`;
  const agent = new Agent({ keepAlive: false }); // a kept connection would outlive the test
  for (let at = 0; at < contents.length; at += 20) {
    await writer.postLogStoreLogs("", "l", {
      topic: "主题",
      source: "10.0.0.1",
      tags: [{ __hostname__: "w1" }],
      logs: contents.slice(at, at + 20).map((content, i) => ({
        timestamp: timeSec + i,
        timestampNsPart: 100_000_000 + i,
        content,
      })),
    }, { agent });
  }
  await writer.postLogStoreLogs("", "l", {
    topic: "actiontrail_audit_event",
    logs: [{ timestamp: timeSec, content: { event: audit } }],
  }, { agent });

  await using run = new AppRun({
    sls: { endpoint: sls.url, credentials: { access_key_id: "id", access_key_secret: "secret" } },
    consumer: { group: "g" },
    hec: { url: hec.url, token: hec.token },
    sources: [{ project: "p", logstore: "l" }],
  });
  await until("201 events", 20_000, () => hec.events.length === contents.length + 1);
  await run.stop();

  const received = hec.events.map((event) => ({
    time: event.timeText,
    host: event.host,
    event: JSON.parse(event.raw),
    raw: event.raw,
  }));
  for (const [i, content] of contents.entries()) {
    const found = received.find(({ event }) => event.id === content.id);
    assert.deepEqual(found?.event, {
      __topic__: "主题",
      __source__: "10.0.0.1",
      "__tag__:__hostname__": "w1",
      ...content,
    });
    assert.equal(found.time, `${timeSec + i % 20}.${100_000_000 + i % 20}`);
    assert.equal(found.host, "10.0.0.1");
  }
  const trail = received.find(({ event }) => event.__topic__ === "actiontrail_audit_event");
  assert.ok(trail?.raw.includes(`"event":${audit}`), "the audit event is spliced as it stands");
});
