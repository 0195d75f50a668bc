import assert from "node:assert/strict";
import * as faults from "../../src/emulator/hec/faults.ts";
import { slsFault } from "../../src/emulator/sls/faults.ts";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { until } from "../support/forwarder.ts";
import { AppRun } from "./app_run.ts";

const sources = [{ project: PROJECT, logstore: LOGSTORE }];
const consumer = { checkpoint_interval: "1s", heartbeat_interval: "5s" };

function finished(oracle: Oracle) {
  const { violations, missing, duplicates } = oracle.verdict();
  assert.deepEqual(violations, []);
  assert.equal(missing, 0);
  return duplicates;
}

Deno.test("App waits for a Splunk that is away at the start, saying so", async () => {
  await using oracle = new Oracle({ shards: 2 });
  await oracle.hec.refuseConnections();
  for (let n = 0; n < 50; n++) oracle.write(n % 2, 10);
  await using run = new AppRun({ consumer, sources }, oracle.env);
  await until(
    "a report",
    10_000,
    () => run.troubles.some((text) => /ECONNREFUSED|Connection refused/.test(text)),
  );
  const lags = () =>
    run.events.some((event) =>
      event.type === "progress" && event.behind === 2 && event.lagSec !== undefined
    );
  await until("its lag", 20_000, lags);
  oracle.hec.acceptConnections();
  await until("delivery", 20_000, () => oracle.missing === 0);
  await run.stop();
  assert.equal(finished(oracle), 0);
});

for (const start of ["begin", "end"]) {
  Deno.test(`App whose group is deleted under it loses nothing and repeats little, with start ${start}`, async () => {
    await using oracle = new Oracle({ shards: 2 });
    const ref = { project: PROJECT, logstore: LOGSTORE };
    await using run = new AppRun({ consumer: { ...consumer, start }, sources }, oracle.env);
    const begun = () => run.events.filter(({ type }) => type === "checkpoint_written").length >= 2;
    await until("the start", 10_000, begun);
    for (let n = 0; n < 50; n++) oracle.write(n % 2, 10);
    await until("delivery", 20_000, () => oracle.missing === 0);
    const before = oracle.written;
    oracle.sls.data.deleteConsumerGroup(ref, "g");
    for (let n = 0; n < 50; n++) oracle.write(n % 2, 10);
    await until("the group", 20_000, () => oracle.sls.data.consumerGroups(ref).includes("g"));
    for (let n = 0; n < 50; n++) oracle.write(n % 2, 10);
    await until("the rest", 20_000, () => oracle.missing === 0);
    await run.stop();
    finished(oracle);
    const again = oracle.arrivals.filter((log) => log < before).length - before;
    assert.equal(again, 0, "logs of before come again");
  });
}

Deno.test("App waits for an SLS that is away at the start, saying so", async () => {
  await using oracle = new Oracle({ shards: 2 });
  oracle.write(0, 10);
  oracle.sls.faults.rule = () => slsFault(503, "ServerBusy");
  await using run = new AppRun({ consumer, sources }, oracle.env);
  await until("a report", 10_000, () => run.troubles.some((text) => /503 ServerBusy/.test(text)));
  oracle.sls.faults.clear();
  await until("delivery", 20_000, () => oracle.missing === 0);
  await run.stop();
  assert.equal(finished(oracle), 0);
});

Deno.test("App reports a source that fails and forwards the others meanwhile", async () => {
  await using oracle = new Oracle({ shards: 2 });
  oracle.write(0, 10);
  await using run = new AppRun({
    consumer,
    sources: [{ project: PROJECT, logstore: "absent" }, ...sources],
  }, oracle.env);
  await until("delivery", 20_000, () => oracle.missing === 0);
  await until("a report", 10_000, () => run.troubles.some((text) => /LogStoreNotExist/.test(text)));
  oracle.sls.data.createLogstore(PROJECT, { name: "absent", shards: 1 });
  oracle.sls.data.append(
    { project: PROJECT, logstore: "absent", shard: 0 },
    encodeLogGroup({ logs: [{ timeSec: 1, contents: [["late", "log"]] }] }),
  );
  await until(
    "its delivery",
    20_000,
    () => run.app.ledger.some(({ source, delivered }) => source === "p/absent" && delivered === 1),
  );
  await run.stop();
  assert.equal(finished(oracle), 0);
});

Deno.test("App holds a source whose token is refused, keeps its logs and continues when it is allowed", async () => {
  await using oracle = new Oracle({ shards: 2 });
  oracle.hec.rule = () => faults.tokenDisabled();
  for (let n = 0; n < 50; n++) oracle.write(n % 2, 10);
  await using run = new AppRun({ consumer, sources }, oracle.env);
  await until(
    "a report",
    10_000,
    () => run.troubles.some((text) => /code 1 "Token disabled"/.test(text)),
  );
  assert.equal(oracle.verdict().delivered, 0);
  oracle.hec.rule = undefined;
  await until("delivery", 20_000, () => oracle.missing === 0);
  await run.stop();
  assert.equal(finished(oracle), 0);
});

Deno.test("App stopped while Splunk hangs ends within the drain timeout and moves no checkpoint", async () => {
  await using oracle = new Oracle({ shards: 2 });
  let withEvents = 0;
  oracle.hec.rule = ({ contentBytes }) => {
    if (contentBytes !== undefined && contentBytes > 0) withEvents++;
    return faults.hang();
  };
  for (let n = 0; n < 50; n++) oracle.write(n % 2, 10);
  const run = new AppRun({ consumer, sources, drain_timeout: "5s" }, oracle.env);
  await until("requests", 10_000, () => withEvents > 0);
  const { abandonedShards } = await run.stop();
  assert.ok(abandonedShards > 0);
  assert.deepEqual(oracle.violations, []);
  assert.equal(oracle.verdict().delivered, 0);
});

Deno.test("App with nothing to deliver says within seconds that a collector does not accept the token", async () => {
  await using oracle = new Oracle({ shards: 2 });
  oracle.hec.rule = ({ path }) => path.endsWith("/event") ? faults.tokenDisabled() : undefined;
  await using run = new AppRun({ consumer, sources }, oracle.env);
  await until(
    "a report",
    10_000,
    () =>
      run.troubles.some((text) => /does not accept the token.*code 1 "Token disabled"/.test(text)),
  );
  oracle.hec.rule = undefined;
  await until("an end of it", 60_000, () => run.events.some(({ type }) => type === "hec_checked"));
  await run.stop();
  assert.equal(oracle.hec.counts.accepted, 0, "it has written nothing");
});
