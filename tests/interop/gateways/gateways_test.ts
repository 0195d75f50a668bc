import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/clock.ts";
import { HecEmulator } from "../../../src/emulator/hec/hec_emulator.ts";
import { encodeLogGroup } from "../../../src/emulator/core/sls/encode_log_group.ts";
import { SlsEmulator } from "../../../src/emulator/sls/sls_emulator.ts";
import { AppRun } from "../../e2e/app_run.ts";
import { Oracle } from "../../faults/oracle.ts";
import { until } from "../../support/forwarder.ts";
import { haproxy, nginx } from "./configs.ts";
import { freePort, Gateway } from "./gateway.ts";
import { forward, gatewayTest, reported, troublesOf } from "./gateway_harness.ts";
import { NetNamespace } from "./net_namespace.ts";

const TOO_LONG =
  "http-request deny deny_status 413 if { req.hdr(content-length),mul(1) -m int gt 256000 }";
/** 560 logs of 12 kB. */
const LARGE = { logs: 560, bytes: 12_000 };

async function deliversAllThroughALimit(url: string, oracle: Oracle): Promise<void> {
  for (let n = 0; n < LARGE.logs / 20; n++) oracle.write(n % 2, 20, LARGE.bytes);
  const folder = await Deno.makeTempDir();
  try {
    await using run = forward(
      oracle,
      { hec: { gzip: "false" }, dead_letters: { folder } },
      { SPLUNK_HEC_URL: url },
    );
    await until("all logs, past the gateway's limit", 90_000, () => oracle.missing === 0);
    assert.ok(reported(run, /hec\.batch\.max_bytes/), "the limit is reported");
    await run.stop();
    assert.deepEqual([...Deno.readDirSync(folder)], [], "nothing is parked");
    assert.deepEqual(oracle.verdict().violations, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

gatewayTest(
  ["haproxy"],
  "bodies that haproxy refuses by their length are split, on loopback",
  async () => {
    await using oracle = new Oracle({ shards: 2 });
    const port = await freePort();
    const config = haproxy(`127.0.0.1:${port}`, [TOO_LONG], [new URL(oracle.hec.url).host]);
    await using _ = await Gateway.start({ name: "haproxy", port, config });
    await deliversAllThroughALimit(`http://127.0.0.1:${port}`, oracle);
  },
);

gatewayTest(
  ["haproxy"],
  "bodies that haproxy refuses by their length are split, over a wire",
  async () => {
    const namespace = NetNamespace.make();
    if ("missing" in namespace) return console.log(`skipped: ${namespace.missing}`);
    using _ = namespace;
    const { here: hostname, there, name } = namespace;
    await using oracle = new Oracle({ shards: 2, hec: { hostname } });
    const port = 8088;
    const config = haproxy(`${there}:${port}`, [TOO_LONG], [new URL(oracle.hec.url).host]);
    await using _gateway = await Gateway.start({
      name: "haproxy",
      port,
      hostname: there,
      config,
      namespace: name,
    });
    await deliversAllThroughALimit(`http://${there}:${port}`, oracle);
  },
);

gatewayTest(["nginx"], "bodies that nginx refuses by their length are split", async () => {
  await using oracle = new Oracle({ shards: 2 });
  const port = await freePort();
  const config = nginx(port, [
    "client_max_body_size 256k;",
    `location / { proxy_pass ${oracle.hec.url}; proxy_http_version 1.0; }`,
  ]);
  await using _ = await Gateway.start({ name: "nginx", port, config });
  await deliversAllThroughALimit(`http://127.0.0.1:${port}`, oracle);
});

gatewayTest(
  ["haproxy"],
  "a lone event that haproxy refuses by its length holds the source, and is not parked",
  async () => {
    await using oracle = new Oracle({ shards: 1 });
    const port = await freePort();
    const config = haproxy(
      `127.0.0.1:${port}`,
      ["http-request deny deny_status 413 if { req.hdr(content-length),mul(1) -m int ge 0 }"],
      [new URL(oracle.hec.url).host],
    );
    await using _ = await Gateway.start({ name: "haproxy", port, config });
    oracle.write(0, 3);
    await using run = forward(oracle, {}, { SPLUNK_HEC_URL: `http://127.0.0.1:${port}` });
    await until("a hold", 60_000, () => troublesOf(run).some(({ held }) => held === true));
    await run.stop();
    assert.equal(run.app.ledger.reduce((sum, { parked }) => sum + parked, 0), 0);
  },
);

gatewayTest(
  ["haproxy"],
  "acknowledgements make progress behind haproxy that sends each request to another indexer",
  async () => {
    const LOGS = 4000;
    const taken = new Map<string, number>();
    const indexers = Array.from({ length: 4 }, () =>
      HecEmulator.start({
        tokens: [{ token: "token", useAck: true }],
        ackDelayMs: 500,
        store: "none",
        onEvent: ({ raw }) => {
          const { id } = JSON.parse(raw);
          taken.set(id, (taken.get(id) ?? 0) + 1);
        },
      }));
    await using sls = SlsEmulator.start({
      accessKeys: [{ id: "id", secret: "secret" }],
      projects: [{ name: "p", logstores: [{ name: "l", shards: 2 }] }],
    });
    const port = await freePort();
    const config = haproxy(`127.0.0.1:${port}`, [], indexers.map(({ url }) => new URL(url).host));
    try {
      await using _ = await Gateway.start({ name: "haproxy", port, config });
      for (let n = 0; n < LOGS / 50; n++) {
        const logs = Array.from({ length: 50 }, (_, i) => ({
          timeSec: 1_759_739_400,
          contents: [["id", `${n * 50 + i}`]] as [string, string][],
        }));
        sls.data.append(
          { project: "p", logstore: "l", shard: n % 2 },
          encodeLogGroup({ topic: "t", logs }),
        );
      }
      await using run = new AppRun(
        {
          hec: { ack: "on", batch: { max_events: 100 } },
          sources: [{ project: "p", logstore: "l" }],
        },
        {
          SLS_ENDPOINT: sls.url,
          SLS_AK_ID: "id",
          SLS_AK_KEY: "secret",
          SLS_CG: "g",
          SPLUNK_HEC_URL: `http://127.0.0.1:${port}`,
          SPLUNK_HEC_TOKEN: "token",
        },
        systemClock,
      );
      const delivered = () => run.app.ledger.reduce((sum, entry) => sum + entry.delivered, 0);
      await until("acknowledgement of all", 90_000, () => delivered() === LOGS);
      await run.stop();
      assert.equal(taken.size, LOGS);
      const copies = [...taken.values()].reduce((sum, times) => sum + times, 0);
      assert.ok(copies <= 2 * LOGS, `${copies} events were posted for ${LOGS} logs`);
    } finally {
      for (const indexer of indexers) await indexer[Symbol.asyncDispose]();
    }
  },
);

gatewayTest(
  ["nginx"],
  "the title of nginx's page is reported, and so is where it redirects to",
  async () => {
    await using oracle = new Oracle({ shards: 1 });
    oracle.write(0, 10);
    const port = await freePort();
    const config = nginx(port, [
      "location /bad { rewrite ^/bad(.*)$ $1 break; proxy_pass http://127.0.0.1:1; }",
      "location /moved { return 301 https://login.example.com/sso?token=S3CRET; }",
      "location /closed { return 403; }",
    ]);
    await using _ = await Gateway.start({ name: "nginx", port, config });
    for (
      const [path, expected] of [
        ["/bad", /502 Bad Gateway/],
        ["/closed", /403 Forbidden/],
        ["/moved", /login\.example\.com\/sso/],
      ] as const
    ) {
      await using run = forward(oracle, {}, { SPLUNK_HEC_URL: `http://127.0.0.1:${port}${path}` });
      await until(`what is behind ${path}`, 20_000, () => reported(run, expected));
      assert.ok(!JSON.stringify(run.events).includes("S3CRET"));
    }
  },
);

gatewayTest(
  ["nginx"],
  "nginx before SLS that changes the Host is reported as the cause of a broken signature",
  async () => {
    await using oracle = new Oracle({ shards: 1 });
    const port = await freePort();
    const config = nginx(port, [
      `location / { proxy_pass ${oracle.sls.url}; proxy_set_header Host other.example.com; }`,
    ]);
    await using _ = await Gateway.start({ name: "nginx", port, config });
    await using run = forward(
      oracle,
      { sls: { region: "cn-hangzhou" } },
      { SLS_ENDPOINT: `http://127.0.0.1:${port}` },
    );
    await until("the Host", 20_000, () => reported(run, /\bHost\b/));
  },
);

gatewayTest(
  ["haproxy"],
  "a gateway that accepts and stays silent is named with its address, on both sides",
  async () => {
    await using oracle = new Oracle({ shards: 1 });
    oracle.write(0, 10);
    const port = await freePort();
    const config = haproxy(
      `127.0.0.1:${port}`,
      ["timeout tarpit 60s", "http-request tarpit"],
      [new URL(oracle.hec.url).host],
    );
    await using _ = await Gateway.start({ name: "haproxy", port, config });
    const silent = `http://127.0.0.1:${port}`;
    const expected = new RegExp(`127\\.0\\.0\\.1:${port}`);
    for (
      const [settings, env] of [
        [{ hec: { timeout: "1s" } }, { SPLUNK_HEC_URL: silent }],
        [{ sls: { timeout: "1s" } }, { SLS_ENDPOINT: silent }],
      ] as const
    ) {
      await using run = forward(oracle, settings, env);
      await until("the address", 20_000, () => reported(run, expected));
    }
  },
);
