import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/clock.ts";
import { DemoCluster } from "../../../src/emulator/demo/demo_cluster.ts";
import { fixedCredentials } from "../../../src/sls/credentials.ts";
import { PullLogs } from "../../../src/sls/pull_logs.ts";
import { SlsRequester } from "../../../src/sls/requester.ts";
import { Secret } from "../../../src/base/secret.ts";
import { seededRandom } from "../../support/seeded_random.ts";

const LOGS = 1200;

/** PullLogs of the cluster's logstore. */
function pullLogsOf({ access }: DemoCluster, client: Deno.HttpClient): PullLogs {
  const requester = new SlsRequester({
    address: { origin: access.sls, host: `${access.project}.cn-test.log.aliyuncs.com` },
    credentials: fixedCredentials({
      accessKeyId: access.access_key_id,
      accessKeySecret: new Secret(access.access_key_secret),
    }),
    signV4Region: undefined,
    timeoutMs: 10_000,
    userAgent: "test",
    clock: systemClock,
    fetch: (input, init) => fetch(input, { ...init, client }),
  });
  return new PullLogs(requester, access.project, access.logstore);
}

Deno.test("DemoCluster counts its own logs that SLS served, whatever else is written and read", async () => {
  await using cluster = new DemoCluster({
    clock: systemClock,
    random: seededRandom(1),
    uuid: () => crypto.randomUUID(),
  });
  await cluster.write(LOGS);
  const { logstore } = cluster;
  for (let n = 0; n < 100; n++) logstore.shard(0).log.append(new Uint8Array(), 0);
  using client = Deno.createHttpClient({ allowHost: true });
  const pullLogs = pullLogsOf(cluster, client);
  const pull = async (shard: number, cursor: string) => {
    await pullLogs.pull(
      { shard, cursor, count: 1000 },
      (bodyBytes) => ({ body: new Uint8Array(bodyBytes) }),
    );
  };
  for (const { id, log } of logstore.shards.values()) {
    await pull(id, log.cursorAt(log.end));
  }
  assert.equal(cluster.ledger.fetched, 0);
  for (const { id, log } of logstore.shards.values()) {
    await pull(id, log.cursorAt(log.begin));
    await pull(id, log.cursorAt(log.begin));
  }
  assert.equal(cluster.ledger.fetched, LOGS);
});
