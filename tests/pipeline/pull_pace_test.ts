import assert from "node:assert/strict";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { Secret } from "../../src/base/secret.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { PagePuller } from "../../src/pipeline/page_puller.ts";
import { fixedCredentials } from "../../src/sls/credentials.ts";
import { PullLogs } from "../../src/sls/pull_logs.ts";
import { SlsRequester } from "../../src/sls/requester.ts";
import { fakeSource } from "./fake_source.ts";
import { cursorOf, groupOf } from "./pages.ts";
import { PullerHarness } from "./puller_harness.ts";

const MIB = 1024 * 1024;
const SHARD = { project: "p", logstore: "l", shard: 0 };
const FETCH_INTERVAL_MS = 3_600_000;

Deno.test("PagePuller pulls again at once while the server has more", async () => {
  const test = new PullerHarness({ fetchCount: 1 });
  test.pullLogs.groups = [groupOf("a"), groupOf("b"), groupOf("c")];
  for (let at = 0; at < 3; at++) (await test.page())[Symbol.dispose]();
  assert.deepEqual(test.pullLogs.asked.slice(0, 3), [0, 1, 2]);
  assert.equal(test.caughtUp, 0);
});

Deno.test("PagePuller waits at the end of the shard, and reports that it is there", async () => {
  const test = new PullerHarness();
  test.pullLogs.groups = [groupOf("a")];
  (await test.page())[Symbol.dispose](); // reaches the end
  const next = test.asking();
  await test.clock.advance(999);
  assert.deepEqual(test.pullLogs.asked, [0]);
  await test.clock.advance(1);
  assert.deepEqual(test.pullLogs.asked, [0, 1]);
  assert.equal(test.caughtUp, 1);
  await test.clock.advance(2000);
  assert.equal(test.caughtUp, 3);
  assert.equal(test.memory.reservedBytes, 0);
  test.pullLogs.groups.push(groupOf("b"));
  const page = await test.after(next, 1000);
  assert.equal(page?.kind, "page");
});

const paces: [what: string, bytes: number, groups: number, fetchCount: number, pauseMs: number][] =
  [
    ["half a second after a small page", 1000, 1, 1000, 500],
    ["not at all after a page of four megabytes", 4.1 * MIB, 1, 1000, 0],
    ["not at all after a page of a megabyte", 1.1 * MIB, 1, 1000, 0],
    ["not at all after a page of a hundred groups", 100, 100, 1000, 0],
    ["not at all after a page that is as full as it was asked to be", 100, 10, 10, 0],
  ];
for (const [what, bytes, groups, fetchCount, pauseMs] of paces) {
  Deno.test(`PagePuller waits ${what}, when the server says nothing of the end`, async () => {
    const test = new PullerHarness({ fetchCount });
    test.pullLogs.tellsTheEnd = "silent";
    test.pullLogs.mostGroups = groups;
    const filler = groupOf("x".repeat(bytes));
    test.pullLogs.groups = Array.from({ length: groups + 1 }, () => filler);
    (await test.page())[Symbol.dispose]();
    const next = test.asking();
    await test.clock.advance(Math.max(0, pauseMs - 1));
    assert.equal(test.pullLogs.requests.length > 1, pauseMs === 0);
    (await test.after(next, 1) as Disposable)[Symbol.dispose]();
    test.revoke();
  });
}

Deno.test("PagePuller waits no longer than the limit after a small page", async () => {
  const test = new PullerHarness({ fetchIntervalMs: 100 });
  test.pullLogs.tellsTheEnd = "silent";
  test.pullLogs.groups = [groupOf("a"), groupOf("b")];
  test.pullLogs.mostGroups = 1;
  (await test.page())[Symbol.dispose]();
  (await test.page(100))[Symbol.dispose]();
});

Deno.test("PagePuller paces itself by what the server read before a query took most of it away", async () => {
  const test = new PullerHarness();
  test.pullLogs.tellsTheEnd = "silent";
  test.pullLogs.query = (group) => group.logs.length > 1;
  test.pullLogs.mostGroups = 100;
  test.pullLogs.groups = [...Array.from({ length: 100 }, () => groupOf("a")), groupOf("b", "c")];
  const first = await test.page();
  assert.equal(first.groupCount, 0);
  assert.equal(first.nextCursor, cursorOf(100));
  assert.equal(first.unfiltered, false);
  first[Symbol.dispose]();
  const second = await test.page(); // at once
  assert.equal(second.groupCount, 1);
  second[Symbol.dispose]();
  assert.equal(test.caughtUp, 0);
});

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
  Deno.test(`PagePuller follows a page that is full by number, and that the query left empty, at once ${sentence}`, async () => {
    const groups = [...many(30, () => unwanted(1)), wanted];
    const { pages, pauseMs } = await pulled(groups, { fetchCount: 10, without });
    assert.deepEqual(pages, [
      ...many(3, () => ({ groups: 0, waitedMs: 0 })),
      { groups: 1, waitedMs: 0 },
    ]);
    assert.ok(pauseMs > 0, "the last page is small");
  });

  Deno.test(`PagePuller follows a page that is full by bytes, and that the query left empty, at once ${sentence}`, async () => {
    const groups = [...many(6, () => unwanted(4.9 * MIB)), wanted];
    const { pages } = await pulled(groups, { fetchCount: 1000, without });
    assert.deepEqual(pages, [
      ...many(2, () => ({ groups: 0, waitedMs: 0 })),
      { groups: 1, waitedMs: 0 },
    ]);
  });
}

Deno.test("PagePuller waits after a page that was small before the query, where the server does not report the end", async () => {
  const groups = [...many(5, () => unwanted(1.2 * MIB)), wanted];
  // Nothing of the sizes before the query either: the empty page is all that is known of its bytes.
  const without = [...silent, "x-log-rawdatasize", "x-log-rawdatacount"];
  const { pages } = await pulled(groups, { fetchCount: 1000, without });
  assert.deepEqual(pages.map(({ groups }) => groups), [1]);
  const { pages: two } = await pulled([...groups, ...groups], { fetchCount: 1000, without });
  assert.ok(two.some(({ waitedMs }) => waitedMs > 0));
});
