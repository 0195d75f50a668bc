import assert from "node:assert/strict";
import * as zlib from "node:zlib";
import { zstdAvailable } from "../../../src/emulator/core/sls/compression.ts";
import { encodeLz4Block } from "../../../src/emulator/core/sls/encode_lz4_block.ts";
import { LOGSTORE, outcome, Scene, SHARD } from "./sls_client.ts";
import { fromHex, workedGroup } from "./worked_body.ts";

const PROTOBUF = { "content-type": "application/x-protobuf" };
const bytes = (body: Uint8Array) => Uint8Array.from(body);
const RAW_SIZE = String(workedGroup.length);

for (
  const { type, body } of [
    { type: undefined, body: workedGroup },
    { type: "", body: workedGroup },
    { type: "lz4", body: encodeLz4Block(workedGroup) },
    { type: "LZ4", body: Uint8Array.of(0xf0, workedGroup.length - 15, ...workedGroup) },
    { type: "deflate", body: zlib.deflateSync(workedGroup) },
    { type: "gzip", body: zlib.gzipSync(workedGroup) },
    ...(zstdAvailable ? [{ type: "zstd", body: zlib.zstdCompressSync(workedGroup) }] : []),
  ]
) {
  Deno.test(`PutLogs keeps the bytes of a group sent as "${type}"`, async () => {
    await using scene = new Scene();
    const answer = await scene.send("POST /logstores/l/shards/lb", {
      body: bytes(body),
      headers: {
        ...PROTOBUF,
        "x-log-bodyrawsize": RAW_SIZE,
        ...(type !== undefined ? { "x-log-compresstype": type } : {}),
      },
    });
    assert.deepEqual([answer.status, answer.body.length], [200, 0]);
    assert.equal(answer.headers.get("content-type"), null, "the Node SDK would parse it as JSON");
    assert.deepEqual(scene.sls.data.groupsBetween(SHARD, 0, 9).map(bytes), [workedGroup]);
  });
}

for (
  const { name, line = "POST /logstores/l/shards/lb", headers, body = workedGroup, expected } of [
    { name: "no type", headers: {}, expected: "400 MissingContentType" },
    {
      name: "JSON",
      headers: { "content-type": "application/json" },
      expected: "415 InvalidContentType",
    },
    {
      name: "a size that is none",
      headers: { ...PROTOBUF, "x-log-bodyrawsize": "x" },
      expected: "400 InvalidBodyRawSize",
    },
    {
      name: "a wrong size",
      headers: { ...PROTOBUF, "x-log-bodyrawsize": "1" },
      expected: "400 InvalidBodyRawSize",
    },
    {
      name: "an unknown compression",
      headers: { ...PROTOBUF, "x-log-compresstype": "snappy" },
      expected: "400 InvalidCompressType",
    },
    {
      name: "a body that is not packed as it says",
      headers: { ...PROTOBUF, "x-log-compresstype": "deflate" },
      expected: "400 PostBodyUncompressError",
    },
    {
      name: "a size that is not that of the content",
      headers: { ...PROTOBUF, "x-log-compresstype": "lz4", "x-log-bodyrawsize": "9" },
      body: encodeLz4Block(workedGroup),
      expected: "400 PostBodyUncompressError",
    },
    {
      name: "a log without Time",
      headers: PROTOBUF,
      body: fromHex("0a00"),
      expected: "400 PostBodyInvalid",
    },
    {
      name: "text",
      headers: PROTOBUF,
      body: new TextEncoder().encode("hello, SLS"),
      expected: "400 PostBodyInvalid",
    },
    {
      name: "more than may be sent",
      headers: PROTOBUF,
      body: new Uint8Array(1001),
      expected: "413 PostBodyTooLarge",
    },
    {
      name: "more than may come out",
      headers: { ...PROTOBUF, "x-log-compresstype": "lz4", "x-log-bodyrawsize": "1001" },
      expected: "413 PostBodyTooLarge",
    },
    {
      name: "a route without a key",
      line: "POST /logstores/l/shards/route",
      headers: PROTOBUF,
      expected: "400 MissingParameter",
    },
    {
      name: "a key that is none",
      line: "POST /logstores/l/shards/route?key=xyz",
      headers: PROTOBUF,
      expected: "400 ParameterInvalid",
    },
    {
      name: "an unknown ingest processor",
      line: "POST /logstores/l?processor=x",
      headers: PROTOBUF,
      expected: "400 ParameterInvalid",
    },
    {
      name: "an unknown logstore",
      line: "POST /logstores/other",
      headers: PROTOBUF,
      expected: "404 LogStoreNotExist",
    },
  ] as {
    name: string;
    line?: string;
    headers: Record<string, string>;
    body?: Uint8Array;
    expected: string;
  }[]
) {
  Deno.test(`PutLogs refuses ${name} with ${expected}`, async () => {
    await using scene = new Scene({ limits: { writeMaxBytes: 1000 } });
    const answer = await scene.send(line, { body: bytes(body), headers });
    assert.equal(outcome(answer), expected);
    assert.equal(scene.sls.data.bytesKept, 0);
  });
}

Deno.test("PutLogs spreads groups over the shards, or writes to the shard of a hash key", async () => {
  await using scene = new Scene({ shards: 2 });
  const put = (target: string) =>
    scene.send(`POST ${target}`, { body: bytes(workedGroup), headers: PROTOBUF });
  const counts = () => scene.sls.data.shards(LOGSTORE).map(({ endPosition }) => endPosition);
  await put("/logstores/l/shards/lb");
  await put("/logstores/l");
  assert.deepEqual(counts(), [1, 1]);
  await put(`/logstores/l/shards/route?key=${"F".repeat(32)}`);
  await put(`/logstores/l/shards/route?key=80${"0".repeat(30)}`);
  assert.deepEqual(counts(), [1, 3]);
  await put(`/logstores/l/shards/route?key=${"0".repeat(32)}`);
  assert.deepEqual(counts(), [2, 3]);
});
