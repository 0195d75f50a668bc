import assert from "node:assert/strict";
import * as faults from "../../src/emulator/hec/faults.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { slsFault } from "../../src/emulator/sls/faults.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { until } from "../support/forwarder.ts";
import { AppRun } from "./app_run.ts";

const REF = { project: PROJECT, logstore: LOGSTORE };
const SHARD = { ...REF, shard: 0 };
// The same consumer gets its shard back at once; another one would wait for the group's timeout.
const settings = {
  consumer: { checkpoint_interval: "1s", heartbeat_interval: "5s", name: "same" },
  sources: [REF],
};

/** Runs until everything written so far is delivered. */
async function deliver(oracle: Oracle): Promise<void> {
  await using run = new AppRun(settings, oracle.env);
  await until("delivery", 20_000, () => oracle.missing === 0);
  await run.stop();
}

Deno.test("App continues at the oldest log when its checkpoint has expired; the gap is reported, counted and sent to Splunk", async () => {
  await using oracle = new Oracle({ shards: 1 });
  for (let n = 0; n < 5; n++) oracle.write(0, 10);
  await deliver(oracle);
  for (let n = 0; n < 10; n++) oracle.write(0, 10);
  oracle.sls.data.expireBefore(SHARD, 8); // groups 5 to 7 are gone before they were read
  const [lost, resumed] = [5, 8].map((position) => oracle.sls.data.cursorAt(SHARD, position));
  await using run = new AppRun(settings, oracle.env);
  await until("the rest", 60_000, () => oracle.missing === 30);
  await run.stop();
  const gaps = run.events.filter((event) => event.type === "gap");
  assert.equal(gaps.length, 1, "reported once");
  assert.match(gaps[0]!.message, /had expired before they were read/);
  assert.deepEqual(run.app.ledger.map((entry) => entry.gaps), [1]);
  assert.equal(oracle.notices.length, 1);
  const { reported_at, resumed_received_at, ...notice } = oracle.notices[0] as Record<
    string,
    unknown
  >;
  for (const time of [reported_at, resumed_received_at]) assert.match(String(time), /^20\d\d-.*Z$/);
  assert.deepEqual(notice, {
    sls2hec: "gap",
    source: "p/l",
    shard: 0,
    reason: "expired",
    lost_cursor: lost,
    resumed_cursor: resumed,
    message: gaps[0]!.message,
  });
});

Deno.test("App whose checkpoint was overwritten by nonsense says so, and reads everything again", async () => {
  await using oracle = new Oracle({ shards: 1 });
  oracle.write(0, 10);
  await deliver(oracle);
  const logs = oracle.arrivals.length;
  oracle.violations.length = 0;
  const row = { shard: 0, checkpoint: btoa("12 monkeys"), updateTime: 1, consumer: "same" };
  oracle.sls.faults.next("GetCheckPoint", {
    when: "after",
    answer: (_, headers) => ({
      do: "respond",
      response: { status: 200, headers, body: JSON.stringify([row]) },
    }),
  });
  await using run = new AppRun(settings, oracle.env);
  await until("all logs once more", 60_000, () => oracle.arrivals.length === 2 * logs);
  await run.stop();
  const gap = run.events.find((event) => event.type === "gap");
  assert.equal(gap!.reason, "malformed");
  assert.ok(gap!.message.includes('"MTIgbW9ua2V5cw=="'), gap!.message);
  assert.deepEqual(oracle.violations, []);
});

/** A logstore that keeps logs for a day, with one of 23 hours ago and a Splunk that takes nothing. */
function almostExpired(): Oracle {
  const oracle = new Oracle({ shards: 1, ttlDays: 1 });
  const log = encodeLogGroup({ logs: [{ timeSec: 1, contents: [["id", "old"]] }] });
  oracle.sls.data.append(SHARD, log, Math.floor(Date.now() / 1000) - 23 * 3600);
  for (let n = 0; n < 50; n++) oracle.write(0, 10);
  oracle.hec.rule = () => faults.tokenDisabled();
  return oracle;
}

const slowly = { ...settings, consumer: { ...settings.consumer, fetch_count: 1 } };

Deno.test("App warns when logs that it cannot deliver are about to expire", async () => {
  await using oracle = almostExpired();
  await using run = new AppRun(slowly, oracle.env);
  const warning = () => run.events.find((event) => event.type === "retention_near");
  await until("the warning", 20_000, () => warning() !== undefined);
  assert.equal(warning()!.retentionSec, 86_400);
  assert.ok(Math.abs(warning()!.lagSec - 23 * 3600) < 60);
});

Deno.test("App that may not ask how long logs are kept says so once, and forwards all the same", async () => {
  await using oracle = almostExpired();
  oracle.sls.faults.rule = ({ call }) =>
    call === "GetLogStore" ? slsFault(401, "Unauthorized", "denied by sts or ram") : undefined;
  await using run = new AppRun(slowly, oracle.env);
  const unknown = () => run.events.filter((event) => event.type === "retention_unknown");
  await until("the report", 20_000, () => unknown().length > 0);
  assert.match(unknown()[0]!.message, /^Cannot GetLogStore p\/l: SLS answered 401 Unauthorized/);
  assert.match(unknown()[0]!.hint, /log:GetLogStore/);
  oracle.hec.rule = undefined;
  await until("delivery", 20_000, () => oracle.missing === 0);
  await run.stop();
  assert.equal(unknown().length, 1);
});
