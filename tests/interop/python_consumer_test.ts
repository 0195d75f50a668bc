import assert from "node:assert/strict";
import { zstdAvailable } from "../../src/emulator/core/sls/compression.ts";
import { decodeLogGroup } from "../../src/emulator/sls/decode_log_group.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { PythonConsumer } from "./python/python_consumer.ts";
import { pythonEnvironment } from "./python/python_environment.ts";
import { Waiting } from "./python/waiting.ts";

const REF = { project: "p", logstore: "l" };
const KEY = { id: "id", secret: "secret" };
const DEADLINE_MS = 90_000;

const environment = await pythonEnvironment();
if ("missing" in environment) {
  console.log(`Skipping the vendor's Python consumer: ${environment.missing}`);
}

/** A log group of `count` logs with everything that may be in one. */
function group(name: string, count: number): Uint8Array {
  return encodeLogGroup({
    topic: `主题 ${name}`,
    source: "10.0.0.1",
    tags: [["__hostname__", name], ["empty", ""]],
    logs: Array.from({ length: count }, (_, i) => ({
      timeSec: 1_759_739_400 + i,
      ...(i % 2 === 0 ? { timeNs: 123_456_789 } : {}),
      contents: [["id", `${name}-${i}`], ["msg", '错误 🦕 "\n\\'], ["b", Uint8Array.of(97, 255)]],
    })),
  });
}

/** The logs of a group as the SDK flattens them: bytes that are not UTF-8 are left out. */
function flattened(bytes: Uint8Array): Record<string, unknown>[] {
  const { topic, source, tags = [], logs } = decodeLogGroup(bytes);
  return logs.map(({ timeSec, timeNs, contents }) => ({
    __time__: timeSec,
    __topic__: topic,
    __source__: source,
    ...(timeNs ? { __time_ns_part__: [timeNs] } : {}), // a stray comma in the SDK makes it a list
    ...Object.fromEntries(tags.map(([key, value]) => [`__tag__:${key}`, value])),
    ...Object.fromEntries(
      contents.map(([key, value]) => [key, String(value).replaceAll("\ufffd", "")]),
    ),
  }));
}

const byId = (a: Record<string, unknown>, b: Record<string, unknown>) =>
  String(a.id) < String(b.id) ? -1 : 1;

for (
  const { name, options } of [
    { name: "version 1 and lz4", options: { auth_version: "v1", accept_compress_type: "lz4" } },
    {
      name: `version 4 and ${zstdAvailable ? "zstd" : "lz4"}`,
      options: {
        auth_version: "v4",
        region: "cn-hangzhou",
        accept_compress_type: zstdAvailable ? "zstd" : "lz4",
        in_order: true,
      },
    },
  ]
) {
  Deno.test({
    name: `The vendor's Python consumers share, hand over and finish shards (${name})`,
    ignore: "missing" in environment,
    async fn() {
      assert.ok("python" in environment);
      await using sls = SlsEmulator.start({
        accessKeys: [KEY],
        region: "cn-hangzhou",
        projects: [{ name: "p", logstores: [{ name: "l", shards: 4 }] }],
      });
      using waiting = new Waiting(DEADLINE_MS);
      const assigned = new Map<string, readonly number[]>();
      sls.onHeartbeat(({ consumer, answered }) => {
        assigned.set(consumer, answered);
        waiting.look();
      });
      sls.onCheckpoint(() => waiting.look());
      const consumer = (name: string) =>
        new PythonConsumer(environment.python, sls.url, {
          endpoint: "cn-hangzhou.log.aliyuncs.com",
          access_key_id: KEY.id,
          access_key_secret: KEY.secret,
          ...REF,
          group: "g",
          consumer: name,
          ...options,
        }, () => waiting.look());
      const written: Record<string, unknown>[] = [];
      const write = (name: string, shards: readonly number[]) => {
        for (const shard of shards) {
          for (let i = 0; i < 5; i++) {
            const bytes = group(`${name}-${shard}-${i}`, 10);
            sls.data.append({ ...REF, shard }, bytes);
            written.push(...flattened(bytes));
          }
        }
      };
      const committed = () => {
        const { shards } = sls.data.consumerGroup(REF, "g");
        return sls.data.shards(REF).every(({ shard, endCursor, endPosition }) =>
          endPosition === 0 || shards.find(({ id }) => id === shard)?.checkpoint === endCursor
        );
      };

      write("first", [0, 1, 2, 3]);
      await using a = consumer("a");
      await waiting.until("a to get everything", () => a.logs.length === written.length);
      await using b = consumer("b");
      await waiting.until(
        "two shards each",
        () => assigned.get("a")?.length === 2 && assigned.get("b")?.length === 2,
      );
      write("second", [0, 1, 2, 3]);
      await waiting.until(
        "both to get the rest",
        () => a.logs.length + b.logs.length === written.length && committed(),
      );
      const [left, right] = sls.data.split({ ...REF, shard: 0 });
      write("third", [left, right]);
      await waiting.until(
        "the children's logs",
        () => a.logs.length + b.logs.length === written.length && committed(),
      );
      assert.equal(sls.data.consumerGroup(REF, "g").shards[0]?.state, "done");

      const stderrOfA = await a.stop();
      await waiting.until(
        "b to own all shards that are left",
        () => assigned.get("b")?.length === 5,
      );
      write("fourth", [1, left]);
      await waiting.until(
        "b to get the last logs",
        () => a.logs.length + b.logs.length === written.length && committed(),
      );
      const stderrOfB = await b.stop();

      for (const { events } of [a, b]) assert.deepEqual(events.at(-1), { event: "stopped" });
      const got = [...a.logs, ...b.logs].sort(byId);
      assert.deepEqual(got, written.sort(byId), "every log once, as it was written");
      assert.equal(stderrOfA + stderrOfB, "");
      assert.equal(sls.faults.callsOf("Unknown"), 0);
    },
  });
}
