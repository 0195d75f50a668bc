import assert from "node:assert/strict";
import * as faults from "../../src/emulator/hec/faults.ts";
import { Oracle } from "../faults/oracle.ts";
import { Forwarder, until } from "../support/forwarder.ts";

const SHARDS = 4;
const LOGS = 20_000;
const LOGS_PER_GROUP = 20;
const KILLS = 5;

const CONFIG = `
workers: 2
consumer: { heartbeat_interval: 300ms, group_timeout: 1s, fetch_interval: 100ms, fetch_count: 20,
  checkpoint_interval: 100ms }
hec: { batch: { max_events: 200, max_age: 50ms }, max_concurrent_requests: 4 }
`;

Deno.test("sls2hec run, killed again and again, loses no log and moves no checkpoint past one", async () => {
  await using oracle = new Oracle({ shards: SHARDS });
  oracle.hec.rule = () => faults.slow(15); // so that kills fall into the middle of the work
  for (let n = 0; n < LOGS / LOGS_PER_GROUP; n++) oracle.write(n % SHARDS, LOGS_PER_GROUP);
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/sls2hec.yaml`, CONFIG);
    const args = ["-c", "sls2hec.yaml"];
    for (let kill = 1; kill <= KILLS; kill++) {
      const forwarder = new Forwarder(args, oracle.env, folder);
      const goal = LOGS - LOGS * kill / (KILLS + 2);
      await until(`delivery before kill ${kill}`, 30_000, () => oracle.missing <= goal);
      forwarder.kill("SIGKILL");
      await forwarder.ended();
    }
    const forwarder = new Forwarder(args, oracle.env, folder);
    await until("the last delivery", 60_000, () => oracle.missing === 0);
    forwarder.kill("SIGTERM");
    const { code, log } = await forwarder.ended();
    const verdict = oracle.verdict();
    assert.deepEqual(verdict.violations, []);
    assert.equal(verdict.missing, 0);
    assert.ok(verdict.checkpointsChecked > KILLS, `${verdict.checkpointsChecked} checkpoints`);
    assert.equal(code, 0, log);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
