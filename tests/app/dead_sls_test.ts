import assert from "node:assert/strict";
import { hintOf } from "../../src/base/errors.ts";
import { SlsError } from "../../src/sls/sls_error.ts";
import { openSls } from "../../src/app/open_sls.ts";
import { LocalProxyBreakers } from "../../src/base/proxy_breakers.ts";
import { loaded, variables } from "../config/test_sources.ts";
import {
  answering,
  type Refusing,
  RefusingProxy,
  refusingSocksLogin,
} from "../hec/refusing_proxy.ts";
import { quietDeps } from "../support/quiet_deps.ts";
import { fastClock } from "../support/fast_clock.ts";
import { FakeClock } from "../support/fake_clock.ts";

const SPEED = 100;
const MINUTE_MS = 60_000;

function connectionsTo(endpoint: string, proxy = "", speed = SPEED) {
  const clock = fastClock(speed);
  const options = `endpoint: "${endpoint}"${proxy && `, proxy: "${proxy}"`}`;
  const config = loaded({ text: `sls: { ${options} }`, env: variables });
  const deps = { ...quietDeps(new FakeClock()), clock, random: () => 0.5 };
  const sls = openSls({ ...deps, proxies: new LocalProxyBreakers(deps) });
  const { shards, group } = sls.of(config.sources[0]!);
  return { clock, shards, group, [Symbol.dispose]: () => sls[Symbol.dispose]() };
}

/** Eighteen shards that try again at once and a heartbeat every five seconds. */
async function shardsAndHeartbeats(
  { clock, shards, group }: ReturnType<typeof connectionsTo>,
  work: () => Promise<void>,
): Promise<SlsError[]> {
  const stop = new AbortController();
  const errors: SlsError[] = [];
  const again = async (pauseMs: number, call: () => Promise<unknown>) => {
    while (!stop.signal.aborted) {
      try {
        await call();
      } catch (error) {
        if (stop.signal.aborted) return;
        assert.ok(error instanceof SlsError, String(error));
        errors.push(error);
      }
      await clock.sleep(pauseMs);
    }
  };
  const ends = Array.from({ length: 18 }, () => again(100, () => shards.list(stop.signal)));
  ends.push(again(5000, () => group.heartbeat("c", [], 5000, stop.signal)));
  await work();
  stop.abort(new Error("the test is over"));
  await Promise.all(ends);
  return errors;
}

Deno.test("an SLS host that is away gets a handful of connections in ten seconds", async () => {
  await using server = new RefusingProxy(async () => {}); // closes each connection without an answer
  using side = connectionsTo(`http://${server.host}`, "", 20);
  const errors = await shardsAndHeartbeats(side, async () => await side.clock.sleep(10_000));
  assert.ok(server.asked.length >= 3, `${server.asked.length} connections`);
  assert.ok(server.asked.length <= 19 + 10, `${server.asked.length} connections`);
  assert.ok(errors.every(({ kind }) => kind === "network"));
});

Deno.test("a heartbeat is sent though the host's backoff lasts longer than its interval", async () => {
  await using server = new RefusingProxy(async () => {});
  using side = connectionsTo(`http://${server.host}`);
  await shardsAndHeartbeats(side, async () => await side.clock.sleep(120_000));
  const beats = server.asked.filter((line) => /type=heartbeat/.test(line)).length;
  assert.ok(beats >= 8, `${beats} heartbeats`);
});

const refusals: [what: string, Refusing, proxy: string, endpoint: string, found: RegExp][] = [
  ["407 to CONNECT", answering(407), "http", "https://sls.test", /refuses the login \(407\)/],
  [
    "403 to CONNECT",
    answering(403),
    "http",
    "https://sls.test",
    /sls\.test:443 \(403 to CONNECT\)/,
  ],
  ["407 to a request", answering(407), "http", "http://sls.test", /refuses the login \(407\)/],
  [
    "a page with 403 to a request",
    answering(403, "<TITLE>Web filter</TITLE>"),
    "http",
    "http://sls.test",
    /sls\.test:80 \(403, "Web filter"\)/,
  ],
  ["a login of socks", refusingSocksLogin, "socks5", "https://sls.test", /refuses the login/],
];

for (const [what, refusing, scheme, endpoint, found] of refusals) {
  Deno.test(`SLS behind a proxy that refuses by ${what}: sls.proxy is named, and tried once after 1 and 5 minutes`, async () => {
    await using proxy = new RefusingProxy(refusing);
    using side = connectionsTo(endpoint, `${scheme}://svc-logs:p%40ss-word-9@${proxy.host}`);
    const counts: number[] = [];
    const errors = await shardsAndHeartbeats(side, async () => {
      for (let i = 0; proxy.asked.length === 0 && i < 1000; i++) await side.clock.sleep(100);
      for (const minutes of [0.8, 1, 3.5, 2]) {
        await side.clock.sleep(minutes * MINUTE_MS);
        counts.push(proxy.asked.length);
      }
    });
    assert.deepEqual(counts, [1, 2, 2, 3]);
    const tries = errors.filter(({ kind }) => kind === "proxy_refused");
    assert.ok(tries.length >= 3);
    for (const error of tries) {
      assert.match(error.message, found);
      assert.match(error.message, new RegExp(`${scheme}://${proxy.host} \\(sls\\.proxy\\)`));
      assert.match(hintOf(error, ""), /sls\.proxy/);
      assert.equal(error.isHeld, true);
      assert.equal(error.message.includes("p@ss-word-9"), false);
      assert.equal(error.message.includes(btoa("svc-logs:p@ss-word-9")), false);
    }
  });
}

Deno.test("a proxy to SLS that cannot be reached is reported as the proxy", async () => {
  using side = connectionsTo("https://sls.test", "http://127.0.0.1:1");
  await assert.rejects(side.shards.list(new AbortController().signal), (error) => {
    assert.ok(error instanceof SlsError);
    assert.equal(error.kind, "network");
    assert.match(error.message, /Cannot reach the proxy http:\/\/127\.0\.0\.1:1 \(sls\.proxy\)/);
    return true;
  });
});
