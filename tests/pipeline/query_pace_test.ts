import assert from "node:assert/strict";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { Secret } from "../../src/base/secret.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { fakeSource } from "./fake_source.ts";
import { PagePuller } from "../../src/pipeline/page_puller.ts";
import { fixedCredentials } from "../../src/sls/credentials.ts";
import { PullLogs } from "../../src/sls/pull_logs.ts";
import { SlsRequester } from "../../src/sls/requester.ts";

const MIB = 1024 * 1024;
const SHARD = { project: "p", logstore: "l", shard: 0 };
const FETCH_INTERVAL_MS = 3_600_000;

/** What a shard's pulls over HTTP came to, each page with how long the puller waited before it. */
async function pulled(
  groups: readonly Uint8Array<ArrayBuffer>[],
  { fetchCount, without }: { fetchCount: number; without: readonly string[] },
): Promise<{ pages: { groups: number; waitedMs: number }[]; pauseMs: number }> {
  await using sls = SlsEmulator.start({
    accessKeys: [{ id: "id", secret: "secret" }],
    projects: [{ name: "p", logstores: [{ name: "l", shards: 1 }] }],
  });
  for (const group of groups) sls.data.append(SHARD, group);
  using client = Deno.createHttpClient({ allowHost: true });
  const requester = new SlsRequester({
    address: { origin: sls.url, host: `p.${new URL(sls.url).host}` },
    credentials: fixedCredentials({ accessKeyId: "id", accessKeySecret: new Secret("secret") }),
    signV4Region: undefined,
    timeoutMs: 60_000,
    userAgent: "test",
    clock: systemClock,
    fetch: async (input, init) => {
      const response = await fetch(input, { ...init, client });
      const headers = new Headers(response.headers);
      for (const name of without) headers.delete(name);
      return new Response(response.body, { status: response.status, headers });
    },
  });
  let waitedMs = 0;
  const clock: Clock = {
    nowMs: () => systemClock.nowMs(),
    monotonicMs: () => systemClock.monotonicMs(),
    sleep: (ms) => {
      waitedMs += ms;
      return Promise.resolve();
    },
  };
  const revoked = new AbortController();
  const query = "* | where wanted = 'yes'";
  const { context } = fakeSource({
    pulls: { fetchCount, fetchIntervalMs: FETCH_INTERVAL_MS, query },
  });
  const pullLogs = new PullLogs(requester, "p", "l");
  const cursor = sls.data.cursorAt(SHARD, 0);
  await using puller = new PagePuller(
    { ...context, pullLogs, env: { ...context.env, clock } },
    { shard: 0, cursor, revoked: revoked.signal },
    () => {},
  );
  const pages = [];
  for (let read = 0; read < groups.length;) {
    const page = await puller.next();
    assert.equal(page.kind, "page");
    if (page.kind !== "page") break;
    pages.push({ groups: page.groupCount, waitedMs });
    read = sls.data.positionOf(SHARD, page.nextCursor)!;
    waitedMs = 0;
    page[Symbol.dispose]();
  }
  return { pages, pauseMs: puller.pauseMs };
}

const unwanted = (bytes: number) =>
  encodeLogGroup({ logs: [{ timeSec: 1, contents: [["padding", "x".repeat(bytes)]] }] });
const wanted = encodeLogGroup({ logs: [{ timeSec: 1, contents: [["wanted", "yes"]] }] });
const many = <T>(count: number, make: () => T) => Array.from({ length: count }, make);

const silent = ["x-log-end-of-cursor"];
const cases: [sentence: string, without: readonly string[]][] = [
  ["whose end the server reports", []],
  ["by its size before the query, where the server does not report the end", silent],
];
for (const [sentence, without] of cases) {
  Deno.test(`a page that is full by number, and that the query left empty, is followed at once ${sentence}`, async () => {
    const groups = [...many(30, () => unwanted(1)), wanted];
    const { pages, pauseMs } = await pulled(groups, { fetchCount: 10, without });
    assert.deepEqual(pages, [
      ...many(3, () => ({ groups: 0, waitedMs: 0 })),
      { groups: 1, waitedMs: 0 },
    ]);
    assert.ok(pauseMs > 0, "the last page is small");
  });

  Deno.test(`a page that is full by bytes, and that the query left empty, is followed at once ${sentence}`, async () => {
    const groups = [...many(6, () => unwanted(4.9 * MIB)), wanted];
    const { pages } = await pulled(groups, { fetchCount: 1000, without });
    assert.deepEqual(pages, [
      ...many(2, () => ({ groups: 0, waitedMs: 0 })),
      { groups: 1, waitedMs: 0 },
    ]);
  });
}

Deno.test("a page that was small before the query is waited behind, where the server does not report the end", async () => {
  const groups = [...many(5, () => unwanted(1.2 * MIB)), wanted];
  // Nothing of the sizes before the query either: the empty page is all that is known of its bytes.
  const without = [...silent, "x-log-rawdatasize", "x-log-rawdatacount"];
  const { pages } = await pulled(groups, { fetchCount: 1000, without });
  assert.deepEqual(pages.map(({ groups }) => groups), [1]);
  const { pages: two } = await pulled([...groups, ...groups], { fetchCount: 1000, without });
  assert.ok(two.some(({ waitedMs }) => waitedMs > 0));
});
