import assert from "node:assert/strict";
import * as faults from "../../src/emulator/hec/faults.ts";
import { BackfillHarness } from "../backfill/backfill_harness.ts";
import { Forwarder, until } from "../support/forwarder.ts";

const SHARDS = 4;
const GROUPS = 400;
const LOGS = GROUPS * 10;

const CONFIG = `
consumer: { fetch_interval: 100ms, fetch_count: 10, checkpoint_interval: 100ms }
hec: { batch: { max_events: 100, max_age: 50ms }, max_concurrent_requests: 4 }
`;

/** A scene with much to send, to a Splunk that takes its time, so that signals fall into the work. */
async function busyScene(slowMs: number): Promise<BackfillHarness> {
  const scene = new BackfillHarness(SHARDS);
  for (let n = 0; n < GROUPS; n++) scene.write(n % SHARDS, n);
  scene.write(0, GROUPS + 1); // behind the range
  scene.hec.rule = () => faults.slow(slowMs);
  await Deno.writeTextFile(`${scene.folder}/c.yaml`, CONFIG);
  return scene;
}

const argsOf = (scene: BackfillHarness) => [
  "-c",
  "c.yaml",
  "--from",
  scene.time(0),
  "--to",
  scene.time(GROUPS),
];
const start = (scene: BackfillHarness, ...more: string[]) =>
  new Forwarder([...argsOf(scene), ...more], scene.env, scene.folder, undefined, "backfill");

/** What the state file records as delivered: every log before a cursor in it must be delivered. */
function checkState(scene: BackfillHarness): number {
  const [name] = scene.stateFiles.filter((name) => name.endsWith(".json"));
  if (name === undefined) return 0;
  const state = JSON.parse(Deno.readTextFileSync(`${scene.folder}/backfill/${name}`));
  const delivered = new Set(scene.delivered);
  let recorded = 0;
  for (const { shard, reached, fetched, delivered: counted } of state.shards) {
    const position = scene.sls.data.positionOf({ project: "p", logstore: "l", shard }, reached)!;
    for (let at = 0; at < position; at++) {
      const group = at * SHARDS + shard;
      for (let log = group * 10; log < group * 10 + 10; log++) {
        assert.ok(delivered.has(`log-${log}`), `log ${log} of shard ${shard} is delivered`);
        recorded++;
      }
    }
    assert.deepEqual(
      [fetched, counted],
      [position * 10, position * 10],
      `counts of shard ${shard}`,
    );
  }
  return recorded;
}

Deno.test("backfill, killed again and again, loses no log and its state never runs ahead", async () => {
  await using scene = await busyScene(30);
  let recorded = 0;
  for (let kill = 1; kill <= 4; kill++) {
    const process = start(scene);
    const goal = LOGS * kill / 6;
    await until(
      `delivery before kill ${kill}`,
      30_000,
      () => new Set(scene.delivered).size >= goal,
    );
    process.kill("SIGKILL");
    await process.ended();
    const now = checkState(scene);
    assert.ok(now >= recorded, "the state never goes back");
    recorded = now;
  }
  assert.ok(recorded > 0, "something was recorded before the last start");
  const { code, out, err } = await scene.backfill([...argsOf(scene), "--json"]);
  assert.equal(code, 0, err);
  assert.equal(new Set(scene.delivered).size, LOGS);
  const { complete, fetched, delivered } = JSON.parse(out.at(-1)!);
  assert.deepEqual({ complete, fetched, delivered }, {
    complete: true,
    fetched: LOGS,
    delivered: LOGS,
  });
  assert.deepEqual(scene.groups, []);
});

Deno.test("backfill, stopped by SIGTERM, delivers what it has read, saves, and resumes without a duplicate", async () => {
  await using scene = await busyScene(0);
  const process = start(scene, "--rate", "20KB"); // for six seconds of work
  await until("some delivery", 30_000, () => scene.delivered.length > LOGS / 4);
  const second = await scene.backfill(argsOf(scene));
  assert.equal(second.code, 2);
  assert.match(second.err, /state file .* in use/);
  process.kill("SIGTERM");
  const { code, log } = await process.ended();
  assert.equal(code, 1, log);
  assert.equal(checkState(scene), scene.delivered.length, "all that was sent is recorded");
  assert.ok(scene.delivered.length < LOGS, "it was stopped in the middle");
  const last = await scene.backfill(argsOf(scene));
  assert.equal(last.code, 0, last.err);
  assert.equal(scene.delivered.length, LOGS, "each log came once");
  assert.equal(new Set(scene.delivered).size, LOGS);
});

Deno.test("backfill is held while Splunk refuses the token, and resumes when it is allowed", async () => {
  await using scene = new BackfillHarness(1);
  scene.write(0, 0);
  await Deno.writeTextFile(`${scene.folder}/c.yaml`, CONFIG);
  scene.hec.rule = () => faults.code(4);
  const process = start(scene);
  await until("a refusal", 20_000, () => scene.hec.requests.length > 0);
  process.kill("SIGTERM");
  const { code } = await process.ended();
  assert.equal(code, 1);
  assert.deepEqual(scene.delivered, []);
  scene.hec.rule = undefined;
  const { code: end, err } = await scene.backfill(argsOf(scene));
  assert.equal(end, 0, err);
  assert.equal(scene.delivered.length, 10);
});
