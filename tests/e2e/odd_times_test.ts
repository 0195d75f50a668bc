import assert from "node:assert/strict";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { until } from "../support/forwarder.ts";
import { AppRun } from "./app_run.ts";

const consumer = { checkpoint_interval: "1s", heartbeat_interval: "5s", fetch_interval: "100ms" };
const shard = { project: PROJECT, logstore: LOGSTORE, shard: 0 };

Deno.test("App delivers logs with odd times, counts them and reports them once", async () => {
  await using oracle = new Oracle({ shards: 1 });
  const nowSec = Math.floor(Date.now() / 1000);
  const times = [1, nowSec, 631_151_999, nowSec + 200_000, nowSec + 3600];
  for (let n = 0; n < 20; n++) {
    const logs = times.map((timeSec) => ({
      timeSec,
      contents: [["k", "v"]] as [string, string][],
    }));
    oracle.sls.data.append(shard, encodeLogGroup({ logs }));
  }
  const sources = [{ project: PROJECT, logstore: LOGSTORE }];
  await using run = new AppRun({ consumer, sources }, oracle.env);
  await until("all of it", 20_000, () => run.app.ledger[0]?.delivered === 100);
  await run.stop();
  assert.equal(run.app.ledger[0]!.oddTimes, 60);
  assert.equal(run.app.ledger[0]!.parked, 0);
  const reported = run.events.filter((event) =>
    event.type === "trouble" && /before 1990/.test(event.message)
  );
  assert.equal(reported.length, 1, JSON.stringify(reported));
});
