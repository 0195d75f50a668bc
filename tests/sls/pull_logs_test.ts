import assert from "node:assert/strict";
import {
  type FilteredLogs,
  type PageTooBig,
  type PulledPage,
  PullLogs,
} from "../../src/sls/pull_logs.ts";
import { SlsError } from "../../src/sls/sls_error.ts";
import { REQUEST_ID, ScriptedSls } from "./scripted_sls.ts";

const CURSOR = "MTc1OTczOTQwMDAwMDAwMDAwMA==";
const NEXT = "MTc1OTczOTQwMDAwMDAwMDAwMQ==";
const REQUEST = { shard: 3, cursor: CURSOR, count: 1000 };
const BODY = new TextEncoder().encode("a page of seven-and-twenty"); // 26 bytes
/** What the vendor's SDKs cannot do without. */
const LEAST = { "x-log-cursor": NEXT, "x-log-count": "2", "x-log-bodyrawsize": "40" };

function answer(headers: Record<string, string>, body: Uint8Array<ArrayBuffer> | null = BODY) {
  return new Response(body, { headers: { "x-log-requestid": REQUEST_ID, ...headers } });
}

/** Pulls once, with room for this many bytes of a body. */
async function pull(
  response: Response,
  request: Partial<Parameters<PullLogs["pull"]>[0]> = {},
  roomBytes = 10_000,
): Promise<{ page: PulledPage | PageTooBig; sls: ScriptedSls; asked: number[][] }> {
  const sls = new ScriptedSls([response]);
  const asked: number[][] = [];
  const page = await new PullLogs(sls.requester, "p", "l").pull(
    { ...REQUEST, ...request },
    (bodyBytes, rawBytes) => {
      asked.push([bodyBytes, rawBytes]);
      return bodyBytes > roomBytes ? undefined : { body: new Uint8Array(bodyBytes) };
    },
  );
  return { page, sls, asked };
}

async function pulledPage(...args: Parameters<typeof pull>): Promise<PulledPage> {
  const { page } = await pull(...args);
  assert.equal(page.kind, "page");
  return page as PulledPage;
}

Deno.test("PullLogs asks for log groups from a cursor on, in lz4", async () => {
  const { sls } = await pull(answer(LEAST));
  assert.match(sls.last.url, /\/logstores\/l\/shards\/3\?/);
  assert.deepEqual(sls.query, { type: "logs", cursor: CURSOR, count: "1000" });
  assert.equal(sls.last.headers.get("accept-encoding"), "lz4");
  assert.equal(sls.last.headers.get("accept"), "application/x-protobuf");
});

Deno.test("PullLogs asks for what a query or a processor leaves", async () => {
  const query = await pull(answer(LEAST), { query: "* | where a = '1'", endCursor: NEXT });
  assert.deepEqual(query.sls.query, {
    type: "logs",
    cursor: CURSOR,
    count: "1000",
    end_cursor: NEXT,
    query: "* | where a = '1'",
    pullMode: "scan_on_stream",
  });
  const processor = await pull(answer(LEAST), { processor: "mine" });
  assert.equal(processor.sls.query.processor, "mine");
});

Deno.test("PullLogs needs three headers only", async () => {
  assert.deepEqual(await pulledPage(answer(LEAST)), {
    kind: "page",
    body: BODY,
    compressType: undefined,
    rawBytes: 40,
    groupCount: 2,
    nextCursor: NEXT,
    endOfShard: undefined,
    filtered: undefined,
    scannedBytes: 40,
    scannedGroups: 2,
    unfiltered: true,
  });
});

const ends: [value: string, endOfShard: boolean | undefined][] = [
  ["1", true],
  ["0", false],
  ["", undefined],
];
for (const [value, endOfShard] of ends) {
  Deno.test(`PullLogs reads x-log-end-of-cursor "${value}" as ${endOfShard}`, async () => {
    const page = await pulledPage(answer({ ...LEAST, "x-log-end-of-cursor": value }));
    assert.equal(page.endOfShard, endOfShard);
  });
}

Deno.test("PullLogs reports what was scanned where a query leaves less", async () => {
  const headers = { ...LEAST, "x-log-rawdatasize": "9000", "x-log-rawdatacount": "70" };
  const page = await pulledPage(answer(headers), { query: "*" });
  assert.deepEqual([page.scannedBytes, page.scannedGroups, page.unfiltered], [9000, 70, false]);
  const without = await pulledPage(answer({ ...headers, "x-log-rawdatasize": "-1" }), {
    query: "*",
  });
  assert.equal(without.scannedBytes, 40);
});

const filters: [headers: Record<string, string>, filtered: FilteredLogs | undefined][] = [
  [{ rawdatalines: "90", resultlines: "40", failedlines: "7" }, { logs: 50, failed: 7 }],
  [{ rawdatalines: "90", resultlines: "90" }, { logs: 0, failed: 0 }],
  [{ rawdatalines: "90", resultlines: "95", failedlines: "0" }, { logs: 0, failed: 0 }],
  [{ rawdatalines: "90" }, undefined],
  [{ rawdatalines: "many", resultlines: "1" }, undefined],
  [{}, undefined],
];
for (const [lines, filtered] of filters) {
  Deno.test(`PullLogs reports what a query left out by ${JSON.stringify(lines)}`, async () => {
    const more = Object.entries(lines).map(([name, value]) => [`x-log-${name}`, value]);
    const headers = { ...LEAST, ...Object.fromEntries(more) };
    assert.deepEqual((await pulledPage(answer(headers), { query: "*" })).filtered, filtered);
    assert.deepEqual((await pulledPage(answer(headers), { processor: "p" })).filtered, filtered);
    assert.equal((await pulledPage(answer(headers))).filtered, undefined);
  });
}

const empties: [sentence: string, headers: Record<string, string>, nextCursor: string][] = [
  ["with the cursor as it was", { "x-log-cursor": CURSOR }, CURSOR],
  ["whose cursor has moved", { "x-log-cursor": NEXT }, NEXT],
  ["with an empty cursor, which means the old one", { "x-log-cursor": "" }, CURSOR],
  ["without a cursor, which means the old one", {}, CURSOR],
];
for (const [sentence, headers, nextCursor] of empties) {
  Deno.test(`PullLogs takes an empty page ${sentence}, and ignores its body`, async () => {
    const zeros = { "x-log-count": "0", "x-log-bodyrawsize": "0", "x-log-compresstype": "lz4" };
    const { page, asked } = await pull(answer({ ...zeros, ...headers }, Uint8Array.of(0)));
    assert.equal(page.kind === "page" && page.nextCursor, nextCursor);
    assert.equal(page.kind === "page" && page.body.length, 0);
    assert.deepEqual(asked, []);
  });
}

Deno.test("PullLogs asks for room by the announced length, or by the most that it can be", async () => {
  const announced = await pull(answer({ ...LEAST, "content-length": "26" }));
  assert.deepEqual(announced.asked, [[26, 40]]);
  const chunked = await pull(answer(LEAST));
  assert.deepEqual(chunked.asked, [[40 + 1 + 1024, 40]]);
});

Deno.test("PullLogs does not go by the announced length of a page that a gateway has compressed again", async () => {
  const headers = { ...LEAST, "content-length": "10", "content-encoding": "gzip" };
  const { page, asked } = await pull(answer(headers)); // `fetch` has opened it
  assert.deepEqual(asked, [[40 + 1 + 1024, 40]]);
  assert.deepEqual(page.kind === "page" && page.body, BODY);
});

Deno.test("PullLogs reads nothing of a page for which there is no room", async () => {
  const { page } = await pull(answer({ ...LEAST, "content-length": "26" }), {}, 25);
  assert.deepEqual(page, { kind: "too_big", bodyBytes: 26, rawBytes: 40 });
});

const bad: [sentence: string, headers: Record<string, string>, body: Uint8Array<ArrayBuffer>][] = [
  ["without a count", { "x-log-cursor": NEXT, "x-log-bodyrawsize": "40" }, BODY],
  ["without a size", { "x-log-cursor": NEXT, "x-log-count": "2" }, BODY],
  ["with an odd size", { ...LEAST, "x-log-bodyrawsize": "-1" }, BODY],
  ["of more than 64 MiB", { ...LEAST, "x-log-bodyrawsize": "67108865" }, BODY],
  ["with groups but no bytes", { ...LEAST, "x-log-bodyrawsize": "0" }, BODY],
  ["with groups but no way on", { ...LEAST, "x-log-cursor": CURSOR }, BODY],
  ["of more bytes than it can have", LEAST, new Uint8Array(40 + 1 + 1024 + 1)],
];
for (const [sentence, headers, body] of bad) {
  Deno.test(`PullLogs refuses a page ${sentence}, naming the request`, async () => {
    await assert.rejects(pull(answer(headers, body)), (error) => {
      assert.ok(error instanceof SlsError);
      assert.equal(error.kind, "bad_answer");
      assert.match(error.message, /^Cannot PullLogs of p\/l shard 3: .*56447FB20351626D7C000874/);
      return true;
    });
  });
}
