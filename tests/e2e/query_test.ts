import assert from "node:assert/strict";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { until } from "../support/forwarder.ts";
import { AppRun } from "./app_run.ts";

const consumer = { checkpoint_interval: "1s", heartbeat_interval: "5s", fetch_interval: "100ms" };
const shard = { project: PROJECT, logstore: LOGSTORE, shard: 0 };
const source = (query: string) => [{ project: PROJECT, logstore: LOGSTORE, query }];

/** Writes a number of log groups of three logs: one with status 500, one 200, one whose time is not a number. */
function write(oracle: Oracle, groups: number): void {
  for (let n = 0; n < groups; n++) {
    const log = (status: string, ms: string) => ({
      timeSec: 1,
      contents: [["status", status], ["ms", ms]] as [string, string][],
    });
    const logs = [log("500", "7"), log("200", "8"), log("500", "slow")];
    oracle.sls.data.append(shard, encodeLogGroup({ logs }));
  }
}

Deno.test("App forwards what a query leaves, and counts the rest and what the query failed on", async () => {
  await using oracle = new Oracle({ shards: 1 });
  write(oracle, 40);
  const query = "* | where status = '500' and cast(ms as bigint) > 1";
  await using run = new AppRun({ consumer, sources: source(query) }, oracle.env);
  await until("all of it", 20_000, () => run.app.ledger[0]?.fetched === 120);
  await run.stop();
  const { delivered, filtered, queryFailed, parked } = run.app.ledger[0]!;
  assert.deepEqual({ delivered, filtered, queryFailed, parked }, {
    delivered: 40,
    filtered: 80,
    queryFailed: 40,
    parked: 0,
  });
  assert.ok(run.troubles.some((text) => /the query failed on them/.test(text)));
  const [summary] = run.events.filter((event) => event.type === "summary");
  assert.ok(summary?.type === "summary" && summary.queried);
  assert.deepEqual([summary.delivered, summary.readLogs, summary.behind], [40, 120, 0]);
  // The query takes whole logs away and changes none.
  assert.ok(summary.readBytes! > summary.rawBytes && summary.rawBytes > 0);
});

Deno.test("App holds a source whose query SLS does not know, in the server's words, and skips nothing", async () => {
  await using oracle = new Oracle({ shards: 1 });
  write(oracle, 5);
  await using run = new AppRun({ consumer, sources: source("* | stats count(*)") }, oracle.env);
  const held = () =>
    run.events.filter((event) => event.type === "trouble" && event.held === true).length;
  await until("two tries", 30_000, () => held() >= 2);
  assert.ok(run.troubles.some((text) => /spl instruction stats is not supported/.test(text)));
  await run.stop();
  const [checkpoint] = run.events.filter(({ type }) => type === "checkpoint_written");
  assert.equal(
    checkpoint?.type === "checkpoint_written" &&
      oracle.sls.data.positionOf(shard, checkpoint.cursor),
    0,
  );
});
