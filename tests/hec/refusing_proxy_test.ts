import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { makeTransport } from "../../src/app/open_hec.ts";
import { goods } from "./batches.ts";
import { HecHarness } from "./hec_harness.ts";
import { answering, type Refusing, RefusingProxy, refusingSocksLogin } from "./refusing_proxy.ts";

const LOGIN = { username: "svc-logs", password: "p@ss word-9" };
const LOGIN_PART = `${encodeURIComponent(LOGIN.username)}:${encodeURIComponent(LOGIN.password)}@`;
/** The login in the forms in which it must not be shown. */
const SECRETS = [
  LOGIN.password,
  encodeURIComponent(LOGIN.password),
  Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64"),
];
const SPEED = 100;
const MINUTE_MS = 60_000;

/** Sixty batches of three sources, through the proxy. */
async function deliverThrough(
  proxyUrl: string,
  baseUrls: readonly string[],
  until: (harness: HecHarness) => Promise<void>,
): Promise<HecHarness> {
  await using harness = new HecHarness({
    speed: SPEED,
    client: {
      connections: baseUrls.map((baseUrl) => ({ baseUrl, verify: true, proxyUrl })),
      maxConcurrentRequests: 24,
      makeTransport,
      timeoutMs: 600_000,
    },
  });
  const sources = ["a", "b", "c"].map((source) => harness.addSource(source));
  const stop = new AbortController();
  const deliveries = Array.from({ length: 60 }, (_, i) => {
    return harness.deliver(goods(2, `${i}-`), { source: sources[i % 3]!, signal: stop.signal });
  });
  await until(harness);
  stop.abort(new Error("the test is over"));
  await Promise.allSettled(deliveries);
  return harness;
}

const refusals: [what: string, Refusing, scheme: string, urls: string[], found: RegExp][] = [
  [
    "407 to CONNECT",
    answering(407),
    "http",
    ["https://hec.test:8088"],
    /refuses the login \(407\)/,
  ],
  [
    "403 to CONNECT",
    answering(403, "<html>"),
    "http",
    ["https://hec.test:8088"],
    /hec.test:8088 \(403 to CONNECT\)/,
  ],
  [
    "407 to a request",
    answering(407),
    "http",
    ["http://hec.test:8088"],
    /refuses the login \(407\)/,
  ],
  [
    "a page with 403 to a request",
    answering(403, "<html><title>Access Denied</title></html>"),
    "http",
    ["http://hec.test:8088"],
    /hec.test:8088 \(403, "Access Denied"\)/,
  ],
  [
    "407 for several collectors",
    answering(407),
    "http",
    ["https://hec-1.test:8088", "http://hec-2.test:8088"],
    /refuses the login \(407\)/,
  ],
  [
    "a login of socks that is refused",
    refusingSocksLogin,
    "socks5",
    ["https://hec.test:8088"],
    /refuses the login/,
  ],
];

for (const [what, refusing, scheme, urls, found] of refusals) {
  Deno.test(`${what} holds, names hec.proxy, and is met once after 1, 5 and 15 minutes`, async () => {
    await using proxy = new RefusingProxy(refusing);
    const { host } = proxy;
    const counts: number[] = [];
    const harness = await deliverThrough(
      `${scheme}://${LOGIN_PART}${host}`,
      urls,
      async (harness) => {
        await harness.until(() => proxy.asked.length > 0);
        await harness.clock.sleep(0.8 * MINUTE_MS);
        counts.push(proxy.asked.length);
        await harness.clock.sleep(MINUTE_MS); // at 1.8 minutes
        counts.push(proxy.asked.length);
        await harness.clock.sleep(3.5 * MINUTE_MS); // at 5.3
        counts.push(proxy.asked.length);
        await harness.clock.sleep(2 * MINUTE_MS); // at 7.3, after 1 + 5
        counts.push(proxy.asked.length);
      },
    );
    assert.deepEqual(counts, [1, 2, 2, 3]);
    const troubles = harness.troubles();
    assert.equal(troubles.length, 3, "one report for each try");
    for (const { message, hint, held } of troubles) {
      assert.match(message, found);
      assert.match(message, new RegExp(`${scheme}://${host} \\(hec\\.proxy\\)`));
      assert.match(hint, /hec\.proxy/);
      assert.equal(held, true);
    }
    const reported = JSON.stringify(harness.telemetry);
    for (const secret of SECRETS) assert.equal(reported.includes(secret), false, secret);
  });
}

const failures: [what: string, Refusing | undefined, url: string, found: RegExp][] = [
  [
    "refuses connections",
    undefined,
    "http://127.0.0.1:1",
    /Cannot reach the proxy http:\/\/127\.0\.0\.1:1 \(hec\.proxy\): .*refused/i,
  ],
  [
    "has no such name",
    undefined,
    "http://proxy.invalid:3128",
    /Cannot reach the proxy http:\/\/proxy\.invalid:3128 \(hec\.proxy\)/,
  ],
  [
    "of socks refuses connections",
    undefined,
    "socks5://127.0.0.1:1",
    /Cannot reach the proxy socks5:\/\/127\.0\.0\.1:1 \(hec\.proxy\)/,
  ],
  ["closes the connection", async () => {}, "", /The proxy .*\(hec\.proxy\) closed the connection/],
  [
    "cannot reach the collector",
    answering(503),
    "",
    /The proxy .*\(hec\.proxy\) cannot reach hec\.test:8088: it answered CONNECT with 503/,
  ],
];

for (const [what, refusing, url, found] of failures) {
  Deno.test(`a proxy that ${what} is reported as the proxy, and tried a handful of times in ten seconds`, async () => {
    await using proxy = new RefusingProxy(refusing ?? answering(500));
    const through = url || `http://${proxy.host}`;
    const harness = await deliverThrough(through, ["https://hec.test:8088"], async (harness) => {
      await harness.until(() => harness.troubles().length > 0);
      await harness.clock.sleep(10_000);
    });
    const troubles = harness.troubles();
    assert.ok(troubles.length <= 8, `${troubles.length} tries`);
    assert.ok(proxy.asked.length <= 8, `${proxy.asked.length} tries`);
    for (const { message, held } of troubles) {
      assert.match(message, found);
      assert.equal(held ?? false, false);
    }
  });
}

Deno.test("a proxy that takes connections and stays silent is reported as the proxy", async () => {
  const end = Promise.withResolvers<void>();
  await using proxy = new RefusingProxy(() => end.promise);
  const through = `http://${proxy.host}`;
  const harness = await deliverThrough(through, ["https://hec.test:8088"], async (harness) => {
    await harness.until(() => harness.troubles().length > 0);
  });
  end.resolve();
  assert.match(harness.troubles()[0]!.message, /Cannot reach the proxy .*: no answer within 15 s/);
});
