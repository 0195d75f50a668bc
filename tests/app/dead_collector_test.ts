import assert from "node:assert/strict";
import type { ShardListener } from "../../src/consumer/ports.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { openHecClients } from "../../src/app/hec_clients.ts";
import { LocalDataPlane } from "../../src/app/local_data_plane.ts";
import { openSls } from "../../src/app/open_sls.ts";
import { loaded } from "../config/test_sources.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until } from "../support/forwarder.ts";
import { quietDeps } from "../support/quiet_deps.ts";

const SHARDS = 8;
const PAGES_PER_SHARD = 4;
const PAGE_BYTES = 1_500_000;
const BUDGET_BYTES = 32_000_000;

/** Port 1 refuses connections. */
const GONE = "http://127.0.0.1:1";

const deaths: [sentence: string, rule: (() => ReturnType<typeof faults.busy>) | "gone"][] = [
  ["is gone", "gone"],
  ["accepts requests and stays silent", () => faults.hang()],
  ["is busy", () => faults.busy()],
];
for (const [sentence, rule] of deaths) {
  Deno.test(`a source is delivered within its part of the memory while another one's collector ${sentence}`, async () => {
    await using sls = SlsEmulator.start({
      accessKeys: [{ id: "id", secret: "secret" }],
      projects: [{
        name: "p",
        logstores: ["dead", "well"].map((name) => ({ name, shards: SHARDS })),
      }],
    });
    await using well = HecEmulator.start({ store: "none" });
    await using dead = HecEmulator.start({ store: "none" });
    if (rule !== "gone") dead.rule = rule;
    const config = loaded({
      text: `
sls: { endpoint: "${sls.url}", credentials: { access_key_id: id, access_key_secret: secret } }
memory_budget: 32MB
consumer: { group: g, fetch_count: 1 }
hec: { url: "${well.url}", token: "${well.token}", gzip: false, max_concurrent_requests: 4 }
sources:
  - { project: p, logstore: well }
  - { project: p, logstore: dead, hec: { url: "${
        rule === "gone" ? GONE : dead.url
      }", token: "${dead.token}" } }
`,
    });
    fill(sls);
    const deps = quietDeps(fastClock(10));
    using calls = openSls(deps);
    await using planes = new LocalDataPlane(config, {
      env: deps,
      sls: calls,
      hec: openHecClients(deps),
      deadLetters: { park: () => assert.fail("nothing is parked") },
    });
    const lost = new AbortController();
    const revoked = new AbortController();
    const done = { dead: 0, well: 0 };
    const [wellPlane, deadPlane] = config.sources.map((source) => planes.add(source));
    const begin = (
      logstore: "dead" | "well",
      plane = logstore === "well" ? wellPlane! : deadPlane!,
    ) =>
      sls.data.shards({ project: "p", logstore }).map(({ beginCursor: cursor }, shard) => {
        const job = { shard, cursor, revoked: revoked.signal, lost: lost.signal };
        return plane.run(job, listenerOf(() => done[logstore]++));
      });
    const runs = begin("dead");
    const stuckBytes = await reservedAtLast(planes);
    assert.ok(stuckBytes > BUDGET_BYTES / 4, "the memory of the dead one's source is used up");
    assert.ok(stuckBytes <= BUDGET_BYTES / 2, `${stuckBytes} bytes are of one source of two`);
    runs.push(...begin("well"));
    await until("delivery", 30_000, () => done.well === SHARDS * PAGES_PER_SHARD);
    assert.equal(done.dead, 0);
    revoked.abort(new Error("over"));
    lost.abort(new Error("over"));
    await Promise.allSettled(runs);
    assert.equal(planes.reservedBytes, 0, "everything is given back");
  });
}

function listenerOf(done: () => void): ShardListener {
  return { pulled: () => {}, done, rewound: () => {}, caughtUp: () => {} };
}

/** What is reserved once that has not changed for a while. */
async function reservedAtLast(planes: LocalDataPlane): Promise<number> {
  let bytes = -1;
  let sinceMs = performance.now();
  await until("memory that is used up", 20_000, () => {
    if (planes.reservedBytes !== bytes) sinceMs = performance.now();
    bytes = planes.reservedBytes;
    return performance.now() - sinceMs > 500;
  });
  return bytes;
}

function fill({ data }: SlsEmulator): void {
  const line = "x".repeat(1000);
  const logs = Array.from({ length: PAGE_BYTES / 1000 }, (_, i) => ({
    timeSec: 1_759_739_400,
    contents: [["msg", `${i} ${line}`]] as [string, string][],
  }));
  const group = encodeLogGroup({ logs });
  for (const logstore of ["dead", "well"]) {
    for (let shard = 0; shard < SHARDS; shard++) {
      for (let n = 0; n < PAGES_PER_SHARD; n++) {
        data.append({ project: "p", logstore, shard }, group);
      }
    }
  }
}
