import assert from "node:assert/strict";
import { startDataPlaneWorker } from "../../src/workers/spawn.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until } from "../support/forwarder.ts";
import { warmWorker } from "../support/warm_worker.ts";
import { AppRun } from "./app_run.ts";

const SHARDS = 4;
const GROUP_LOGS = 20;
const LOG_BYTES = 1000;
const RATE = "200KB";
const BYTES_PER_SEC = 200_000;
const WINDOW_MS = 10_000;
/** Not faster: the workers themselves live by the real clock. */
const SPEED = 5;

await warmWorker(startDataPlaneWorker);

/** Where the rate is set, and the number of workers. */
const places = [["source", 0], ["source", 1], ["source", 2], ["hec", 0], ["hec", 2]] as const;
for (const [place, workers] of places) {
  Deno.test(`App reads at the rate of a ${place} with ${workers} workers, and stops at once while pulls wait`, async () => {
    await using oracle = new Oracle({ shards: SHARDS });
    for (let n = 0; n < 400; n++) oracle.write(n % SHARDS, GROUP_LOGS, LOG_BYTES); // 40 s
    const clock = fastClock(SPEED);
    const settings = {
      workers,
      consumer: { checkpoint_interval: "1s", heartbeat_interval: "5s", fetch_count: 1 },
      hec: { batch: { max_age: "20ms" }, ...(place === "hec" && { rate: RATE }) },
      sources: [
        { project: PROJECT, logstore: LOGSTORE, ...(place === "source" && { rate: RATE }) },
      ],
    };
    await using run = new AppRun(settings, oracle.env, clock);
    const bytes = () => run.app.ledger.reduce((sum, { rawBytes }) => sum + rawBytes, 0);
    await until("the first pages", 60_000, () => bytes() > BYTES_PER_SEC);
    const [fromMs, fromBytes] = [clock.monotonicMs(), bytes()];
    await until("10 s", 60_000, () => clock.monotonicMs() - fromMs >= WINDOW_MS);
    const seconds = (clock.monotonicMs() - fromMs) / 1000;
    const part = (bytes() - fromBytes) / (seconds * BYTES_PER_SEC);
    assert.ok(part > 0.9 && part < 1.1, `${(part * 100).toFixed(1)} % of the rate`);
    const stopMs = clock.monotonicMs();
    const { abandonedShards } = await run.stop();
    assert.equal(abandonedShards, 0);
    assert.ok(clock.monotonicMs() - stopMs < 10_000, "it did not wait for the rate");
    assert.deepEqual(oracle.verdict().violations, []);
  });
}

Deno.test("App says in the line of the minute which rate held a source up", async () => {
  await using oracle = new Oracle({ shards: SHARDS });
  for (let n = 0; n < 400; n++) oracle.write(n % SHARDS, GROUP_LOGS, LOG_BYTES);
  const source = { project: PROJECT, logstore: LOGSTORE, rate: "50KB" };
  await using run = new AppRun({ workers: 0, sources: [source] }, oracle.env, fastClock(40));
  const line = () => run.events.find((event) => event.type === "progress");
  await until("the line", 60_000, () => line() !== undefined);
  const event = line()!;
  assert.ok(event.type === "progress");
  assert.equal(event.behind, SHARDS);
  const [limit] = event.limitedBy ?? [];
  assert.equal(limit?.rate, "sources[].rate");
  assert.equal(limit.bytesPerSec, 50_000);
  assert.ok(limit.waitedSec > 40, `${limit.waitedSec} s`);
});
