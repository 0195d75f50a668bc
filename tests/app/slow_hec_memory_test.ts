import assert from "node:assert/strict";
import type { ShardListener } from "../../src/consumer/ports.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { LocalDataPlane } from "../../src/app/local_data_plane.ts";
import { openHecClients } from "../../src/app/hec_clients.ts";
import { openSls } from "../../src/app/open_sls.ts";
import { loaded } from "../config/test_sources.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { quietDeps } from "../support/quiet_deps.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until } from "../support/forwarder.ts";

const SHARDS = 6;
const PAGES_PER_SHARD = 12;
/** Of the log groups of one page; several times the budget in all. */
const PAGE_BYTES = 1_500_000;
const BUDGET_BYTES = 32_000_000;

const CONFIG = `
memory_budget: 32MB
consumer: { group: g, fetch_count: 1 }
hec: { gzip: false, batch: { max_bytes: 1MB, max_age: 100ms }, max_concurrent_requests: 8, timeout: 20s }
`;

const troubles: [sentence: string, rule: (count: number) => ReturnType<typeof faults.slow>][] = [
  ["answers a request in a while", () => faults.slow(500)],
  ["is busy", () => faults.busy()],
  [
    "answers late, or is busy, or refuses one event",
    (count) =>
      [faults.slow(400), faults.busy(), faults.code(6, { invalidEventNumber: 1 })][count % 3]!,
  ],
];
for (const [sentence, rule] of troubles) {
  Deno.test(`the memory budget holds pages, batches and requests with their retries when HEC ${sentence}`, async () => {
    await using oracle = new Oracle({ shards: SHARDS });
    fill(oracle);
    let requests = 0;
    oracle.hec.rule = () => rule(requests++);
    const config = loaded({ text: CONFIG, env: oracle.env });
    const clock = fastClock(20);
    const deps = quietDeps(clock);
    using sls = openSls(deps);
    let parked = 0;
    await using planes = new LocalDataPlane(config, {
      env: deps,
      sls,
      hec: openHecClients(deps),
      deadLetters: { park: () => Promise.resolve(void parked++) },
    });
    const revoked = new AbortController();
    const plane = planes.add(config.sources[0]!);
    let pulled = 0;
    let done = 0;
    let mostBytes = 0;
    const look = () => mostBytes = Math.max(mostBytes, planes.reservedBytes);
    const listener: ShardListener = {
      pulled: () => {
        pulled++;
        look();
      },
      done: () => {
        look();
        done++;
      },
      rewound: () => {},
      caughtUp: () => {},
    };
    const shards = oracle.sls.data.shards({ project: PROJECT, logstore: LOGSTORE });
    const runs = Array.from({ length: SHARDS }, async (_, shard) => {
      const cursor = shards[shard]!.beginCursor;
      const lost = new AbortController().signal;
      return await plane.run({ shard, cursor, revoked: revoked.signal, lost }, listener);
    });
    await until("the memory is full", 20_000, () => {
      look();
      return requests > 10 && mostBytes > BUDGET_BYTES / 2;
    });
    const pulledThen = pulled;
    await until("a while", 5000, after(700, look));
    assert.ok(mostBytes <= BUDGET_BYTES, `${mostBytes} bytes were reserved`);
    assert.ok(pulledThen < SHARDS * PAGES_PER_SHARD, "not everything fits in");
    oracle.hec.rule = undefined;
    await until("delivery", 30_000, () => {
      look();
      return done === SHARDS * PAGES_PER_SHARD;
    });
    assert.ok(mostBytes <= BUDGET_BYTES, `${mostBytes} bytes were reserved`);
    revoked.abort(new Error("over"));
    await Promise.all(runs);
    assert.equal(planes.reservedBytes, 0, "everything is given back");
  });
}

function fill(oracle: Oracle): void {
  const line = "x".repeat(1000);
  const logs = Array.from({ length: PAGE_BYTES / 1000 }, (_, i) => ({
    timeSec: 1_759_739_400,
    contents: [["msg", `${i} ${line}`]] as [string, string][],
  }));
  const group = encodeLogGroup({ logs });
  for (let shard = 0; shard < SHARDS; shard++) {
    for (let n = 0; n < PAGES_PER_SHARD; n++) {
      oracle.sls.data.append({ project: PROJECT, logstore: LOGSTORE, shard }, group);
    }
  }
}

/** Holds after a time; looks at something meanwhile. */
function after(ms: number, look: () => void): () => boolean {
  const endMs = performance.now() + ms;
  return () => {
    look();
    return performance.now() >= endMs;
  };
}
