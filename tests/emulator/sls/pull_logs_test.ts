import assert from "node:assert/strict";
import * as zlib from "node:zlib";
import { zstdAvailable } from "../../../src/emulator/core/sls/compression.ts";
import { decodeLogGroupList } from "../../../src/emulator/sls/decode_log_group.ts";
import { decodeLz4Block } from "../../../src/emulator/core/sls/decode_lz4_block.ts";
import { outcome, Scene, SHARD } from "./sls_client.ts";
import { workedBody, workedGroup } from "./worked_body.ts";

const xLog = (headers: Headers) =>
  Object.fromEntries(
    [...headers].filter(([name]) =>
      name.startsWith("x-log-") && name !== "x-log-requestid" && name !== "x-log-time"
    ),
  );

/** The `id` contents of a plain page. */
const ids = (body: Uint8Array) =>
  decodeLogGroupList(body).flatMap(({ logs }) => logs.map(({ contents }) => contents[0]?.[1]));

for (
  const { encoding, type, open } of [
    { encoding: "lz4", type: "lz4", open: (body: Uint8Array) => decodeLz4Block(body, 107) },
    { encoding: "deflate", type: "deflate", open: zlib.inflateSync },
    { encoding: "gzip", type: "gzip", open: zlib.inflateSync },
    { encoding: "", type: null, open: (body: Uint8Array) => body },
    ...(zstdAvailable ? [{ encoding: "zstd", type: "zstd", open: zlib.zstdDecompressSync }] : []),
  ]
) {
  Deno.test(`PullLogs answers the worked body, compressed as "${encoding}" asks for`, async () => {
    await using scene = new Scene();
    scene.sls.data.append(SHARD, workedGroup);
    const { status, headers, body } = await scene.pull(scene.cursor(0), {}, {
      "accept-encoding": encoding,
      accept: "application/x-protobuf",
    });
    assert.equal(status, 200);
    assert.deepEqual(Uint8Array.from(open(body)), workedBody);
    assert.equal(headers.get("content-type"), "application/x-protobuf");
    assert.deepEqual(xLog(headers), {
      "x-log-cursor": scene.cursor(1),
      "x-log-count": "1",
      "x-log-bodyrawsize": "107",
      ...(type === null ? {} : { "x-log-compresstype": type }),
      "x-log-end-of-cursor": "1",
      "x-log-cursor-time": String(scene.clock.nowMs() / 1000),
      "x-log-read-last-cursor": atob(scene.cursor(0)),
    });
  });
}

Deno.test("PullLogs answers an empty page at the end, with the compression that was asked for", async () => {
  await using scene = new Scene();
  const { status, headers, body } = await scene.pull(scene.cursor(0), {}, {
    "accept-encoding": "lz4",
  });
  assert.deepEqual([status, body.length], [200, 0]);
  assert.deepEqual(xLog(headers), {
    "x-log-cursor": scene.cursor(0),
    "x-log-count": "0",
    "x-log-bodyrawsize": "0",
    "x-log-compresstype": "lz4",
    "x-log-end-of-cursor": "1",
    "x-log-cursor-time": String(scene.clock.nowMs() / 1000),
  });
});

for (
  const { name, from = 0, query = {}, expected, next } of [
    { name: "everything that there is", expected: ["a", "b", "c", "d"], next: 4 },
    { name: "no more groups than asked for", query: { count: "2" }, expected: ["a", "b"], next: 2 },
    { name: "from the cursor on", from: 3, expected: ["d"], next: 4 },
    { name: "up to end_cursor", query: { end_cursor: 3 }, expected: ["a", "b", "c"], next: 3 },
    { name: "nothing at end_cursor", from: 2, query: { end_cursor: 2 }, expected: [], next: 2 },
    { name: "nothing behind end_cursor", from: 2, query: { end_cursor: 1 }, expected: [], next: 2 },
    {
      name: "all before an end_cursor of the future",
      query: { end_cursor: 99 },
      expected: ["a", "b", "c", "d"],
      next: 4,
    },
    {
      name: "the same for type=log",
      query: { type: "log" },
      expected: ["a", "b", "c", "d"],
      next: 4,
    },
  ] as {
    name: string;
    from?: number;
    query?: Record<string, string | number>;
    expected: string[];
    next: number;
  }[]
) {
  Deno.test(`PullLogs gives ${name}`, async () => {
    await using scene = new Scene();
    scene.append("a", "b", "c", "d");
    const search = Object.fromEntries(
      Object.entries(query).map((
        [key, value],
      ) => [key, typeof value === "number" ? scene.cursor(value) : value]),
    );
    const { headers, body } = await scene.pull(scene.cursor(from), search);
    assert.deepEqual(ids(body), expected);
    assert.equal(headers.get("x-log-cursor"), scene.cursor(next));
    assert.equal(headers.get("x-log-end-of-cursor"), next === 4 ? "1" : "0");
  });
}

Deno.test("PullLogs limits a page by its bytes but answers at least one group", async () => {
  await using scene = new Scene({ limits: { pageMaxBytes: 40 } });
  scene.append("a", "b", "c", "x".repeat(100), "d");
  const pages: unknown[] = [];
  let cursor = scene.cursor(0);
  for (let page = 0; page < 4; page++) {
    const { headers, body } = await scene.pull(cursor);
    pages.push(ids(body));
    cursor = headers.get("x-log-cursor")!;
  }
  assert.deepEqual(pages, [["a", "b"], ["c"], ["x".repeat(100)], ["d"]]);
});

Deno.test("PullLogs answers the time of receipt of its next cursor", async () => {
  await using scene = new Scene();
  scene.append("a");
  await scene.clock.advance(5000);
  scene.append("b");
  await scene.clock.advance(60_000);
  const nowSec = scene.clock.nowMs() / 1000;
  const first = await scene.pull(scene.cursor(0), { count: "1" });
  assert.equal(first.headers.get("x-log-cursor-time"), String(nowSec - 60));
  const last = await scene.pull(scene.cursor(1));
  assert.equal(last.headers.get("x-log-cursor-time"), String(nowSec));
});

Deno.test("PullLogs answers HEAD with the headers only", async () => {
  await using scene = new Scene();
  scene.append("a");
  const target = `/logstores/l/shards/0?type=log&count=1&cursor=${scene.cursor(0)}`;
  const { status, headers, body } = await scene.send(`HEAD ${target}`);
  assert.deepEqual([status, body.length], [200, 0]);
  assert.equal(headers.get("x-log-cursor"), scene.cursor(1));
});

for (const how of ["query", "processor"]) {
  Deno.test(`PullLogs runs a ${how} and reports its counts`, async () => {
    const spl = "* | where cast(id as bigint) > 1";
    await using scene = new Scene({
      projects: [{ name: "p", logstores: [{ name: "l", shards: 1 }], processors: { over1: spl } }],
    });
    scene.append("1", "2", "x", "3");
    const search: Record<string, string> = how === "query"
      ? { query: spl, pullMode: "scan_on_stream" }
      : { processor: "over1" };
    const { headers, body } = await scene.pull(scene.cursor(0), search);
    assert.deepEqual(ids(body), ["2", "3"]);
    assert.deepEqual(xLog(headers), {
      "x-log-cursor": scene.cursor(4),
      "x-log-count": "2",
      "x-log-bodyrawsize": String(body.length),
      "x-log-end-of-cursor": "1",
      "x-log-cursor-time": String(scene.clock.nowMs() / 1000),
      "x-log-read-last-cursor": atob(scene.cursor(3)),
      "x-log-rawdatasize": String(body.length * 2),
      "x-log-rawdatacount": "4",
      "x-log-rawdatalines": "4",
      "x-log-resultlines": "2",
      "x-log-failedlines": "1",
    });
  });
}

Deno.test("PullLogs moves its cursor over pages that a query leaves empty", async () => {
  await using scene = new Scene();
  scene.append("a", "b");
  const query = { query: "* | where id = 'z'", count: "1" };
  const { headers } = await scene.pull(scene.cursor(0), query);
  assert.equal(headers.get("x-log-count"), "0");
  assert.equal(headers.get("x-log-bodyrawsize"), "0");
  assert.equal(headers.get("x-log-cursor"), scene.cursor(1));
});

for (
  const { name, query = {}, headers = {}, expected } of [
    { name: "no count", query: { count: "" }, expected: "400 MissingParameter" },
    { name: "no cursor", query: { cursor: "" }, expected: "400 MissingParameter" },
    { name: "no type", query: { type: "" }, expected: "400 MissingParameter" },
    { name: "another type", query: { type: "histogram" }, expected: "400 ParameterInvalid" },
    { name: "count 0", query: { count: "0" }, expected: "400 ParameterInvalid" },
    { name: "count 1001", query: { count: "1001" }, expected: "400 ParameterInvalid" },
    { name: "a count that is none", query: { count: "many" }, expected: "400 ParameterInvalid" },
    { name: "a cursor that is none", query: { cursor: "xyz" }, expected: "400 InvalidCursor" },
    {
      name: "a cursor of another shard",
      query: { cursor: btoa("17") },
      expected: "400 InvalidCursor",
    },
    {
      name: "an end_cursor that is none",
      query: { end_cursor: "xyz" },
      expected: "400 InvalidCursor",
    },
    {
      name: "SPL that it does not know",
      query: { query: "* | stats count(*)" },
      expected: "400 ParameterInvalid",
    },
    {
      name: "a processor that is not there",
      query: { processor: "x" },
      expected: "400 ParameterInvalid",
    },
    {
      name: "both query and processor",
      query: { query: "*", processor: "x" },
      expected: "400 ParameterInvalid",
    },
    {
      name: "an encoding that it does not know",
      headers: { "accept-encoding": "br" },
      expected: "400 InvalidAcceptEncoding",
    },
    {
      name: "a type that it does not make",
      headers: { accept: "text/html" },
      expected: "400 InvalidAcceptContentType",
    },
  ] as {
    name: string;
    query?: Record<string, string>;
    headers?: Record<string, string>;
    expected: string;
  }[]
) {
  Deno.test(`PullLogs refuses ${name} with ${expected}`, async () => {
    await using scene = new Scene();
    assert.equal(outcome(await scene.pull(scene.cursor(0), query, headers)), expected);
  });
}

Deno.test("PullLogs refuses cursors outside begin and end", async () => {
  await using scene = new Scene();
  scene.append("a", "b", "c");
  scene.sls.data.expireBefore(SHARD, 1);
  for (
    const [position, expected] of [[0, "400 InvalidCursor"], [1, "200"], [3, "200"], [
      4,
      "400 InvalidCursor",
    ]] as const
  ) {
    assert.equal(outcome(await scene.pull(scene.cursor(position))), expected);
  }
});

Deno.test("PullLogs refuses reads above the quotas until the window ends", async () => {
  await using scene = new Scene({ readLimits: { readsPerSecond: 2 } });
  scene.append("x".repeat(100));
  const pull = async () => outcome(await scene.pull(scene.cursor(0)));
  assert.deepEqual([await pull(), await pull(), await pull()], [
    "200",
    "200",
    "403 ShardReadQuotaExceed",
  ]);
  await scene.clock.advance(1000);
  scene.sls.readLimits = { bytesPerSecond: 100 };
  assert.deepEqual([await pull(), await pull()], ["200", "403 ShardReadQuotaExceed"]);
  await scene.clock.advance(60_000);
  scene.sls.readLimits = { projectReadsPerMinute: 1 };
  assert.deepEqual([await pull(), await pull()], ["200", "403 ReadQuotaExceed"]);
  scene.sls.readLimits = {};
  assert.equal(await pull(), "200");
});
