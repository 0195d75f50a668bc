import AlicloudLog from "@alicloud/log";
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { decodeLogGroupList } from "../../src/emulator/sls/decode_log_group.ts";
import { KEY, Scene } from "../emulator/sls/sls_client.ts";

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

const Client = AlicloudLog as unknown as new (options: {
  accessKeyId: string;
  accessKeySecret: string;
  securityToken?: string;
  endpoint: string;
}) => NodeClient;

const STS = { id: "STS.id", secret: "secret", securityToken: "token+/==" };
/** An emulator whose clock shows what the SDK's does. */
const start = () => new Scene({ accessKeys: [KEY, STS], startMs: Date.now() });

/** The SDK puts the project in front of the endpoint, which an address does not allow: none then. */
function clientOf({ sls }: Scene, key: { id: string; secret: string; securityToken?: string }) {
  const client = new Client({
    accessKeyId: key.id,
    accessKeySecret: key.secret,
    endpoint: `127.0.0.1:${sls.port}`,
    ...(key.securityToken !== undefined ? { securityToken: key.securityToken } : {}),
  });
  const agent = new Agent({ keepAlive: false });
  return (data: Parameters<NodeClient["postLogStoreLogs"]>[2], logstore = "l") =>
    client.postLogStoreLogs("", logstore, data, { agent });
}

Deno.test("@alicloud/log writes what the emulator returns", async () => {
  await using scene = start();
  const timeSec = Math.floor(Date.now() / 1000);
  await clientOf(scene, KEY)({
    topic: "主题",
    source: "10.0.0.1",
    tags: [{ host: "w1", empty: "" }, { again: "é" }],
    logs: [
      {
        timestamp: timeSec,
        timestampNsPart: 123456789,
        content: { a: "1", msg: "错误 🦕\n\"'\\" },
      },
      { timestamp: timeSec + 1, content: { empty: "", long: "x".repeat(100_000) } },
      { timestamp: 4294967295, timestampNsPart: 0, content: {} },
    ],
  });
  await clientOf(scene, STS)({ logs: [{ timestamp: timeSec, content: { second: "group" } }] });
  const { body } = await scene.pull(scene.cursor(0));
  assert.deepEqual(decodeLogGroupList(body), [
    {
      topic: "主题",
      source: "10.0.0.1",
      tags: [["host", "w1"], ["empty", ""], ["again", "é"]],
      logs: [
        { timeSec, timeNs: 123456789, contents: [["a", "1"], ["msg", "错误 🦕\n\"'\\"]] },
        { timeSec: timeSec + 1, contents: [["empty", ""], ["long", "x".repeat(100_000)]] },
        { timeSec: 4294967295, timeNs: 0, contents: [] },
      ],
    },
    { tags: [], logs: [{ timeSec, contents: [["second", "group"]] }] },
  ]);
});

for (
  const { name, key, logstore, code } of [
    { name: "a wrong secret", key: { ...KEY, secret: "wrong" }, code: "SignatureNotMatch" },
    { name: "an unknown key", key: { ...KEY, id: "unknown" }, code: "Unauthorized" },
    { name: "a wrong token", key: { ...STS, securityToken: "other" }, code: "Unauthorized" },
    { name: "an unknown logstore", key: KEY, logstore: "other", code: "LogStoreNotExist" },
  ]
) {
  Deno.test(`@alicloud/log reads the refusal of ${name}`, async () => {
    await using scene = start();
    const write = clientOf(scene, key)({ logs: [{ timestamp: 1, content: { a: "b" } }] }, logstore);
    const error: unknown = await write.then(() => undefined, (error) => error);
    assert.ok(error instanceof Error && "code" in error && "requestid" in error, String(error));
    assert.equal(error.code, code);
    assert.match(String(error.requestid), /^[0-9A-F]{24}$/);
  });
}
