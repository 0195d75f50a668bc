import assert from "node:assert/strict";
import * as faults from "../../src/emulator/hec/faults.ts";
import { startDataPlaneWorker } from "../../src/workers/spawn.ts";
import { OperatorError } from "../../src/base/errors.ts";
import { LOGSTORE, Oracle, PROJECT } from "../faults/oracle.ts";
import { fastClock } from "../support/fast_clock.ts";
import { until } from "../support/forwarder.ts";
import { warmWorker } from "../support/warm_worker.ts";
import { AppRun } from "./app_run.ts";
import type { Death } from "./unruly_worker.ts";
import { reachesOnly } from "./probe_results.ts";

const SHARDS = 4;
const LOGS = 4000;
/** Not faster: the workers themselves live by the real clock. */
const SPEED = 5;
const UNRULY = new URL("./unruly_worker.ts", import.meta.url);

const settings = {
  workers: 2,
  consumer: { checkpoint_interval: "1s", heartbeat_interval: "5s", fetch_count: 5 },
  hec: { batch: { max_events: 50, max_age: "20ms" } },
  sources: [{ project: PROJECT, logstore: LOGSTORE }],
};

await warmWorker((hosts) => startDataPlaneWorker(hosts, UNRULY));
await warmWorker(startDataPlaneWorker);

function fill(oracle: Oracle): void {
  for (let n = 0; n < LOGS / 10; n++) oracle.write(n % SHARDS, 10);
}

const deaths: [way: string, death: Death, reported: RegExp][] = [
  ["throws", "throw", /has died: unruly: thrown/],
  ["has an unhandled rejection", "reject", /has died: unruly: rejected/],
  ["hangs", "hang", /has died: it has not answered for/],
  ["closes itself", "close", /has died: it has not answered for/],
  ["exits", "exit", /has died: it has not answered for/],
];
for (const [way, death, reported] of deaths) {
  Deno.test(`App loses nothing when a worker ${way}, and replaces it`, async () => {
    await using oracle = new Oracle({ shards: SHARDS });
    oracle.hec.rule = () => faults.slow(10); // so that it dies with undelivered logs
    fill(oracle);
    const workers: Worker[] = [];
    /** Those that have delivered a page: what is said to one before it is set up would be lost on it. */
    const delivering = new Set<Worker>();
    await using run = new AppRun(settings, oracle.env, fastClock(SPEED), (hosts) => {
      const worker = startDataPlaneWorker(hosts, UNRULY);
      workers.push(worker);
      worker.addEventListener("message", ({ data }) => {
        if (data.type === "done") delivering.add(worker);
      });
      return worker;
    });
    await until("a page of either worker", 60_000, () => delivering.size === 2);
    workers[0]!.postMessage({ die: death });
    await until("the report", 20_000, () => run.troubles.some((text) => reported.test(text)));
    await until("another worker in its place", 20_000, () => workers.length >= 3);
    await until("delivery", 30_000, () => oracle.missing === 0);
    const { abandonedShards } = await run.stop();
    assert.equal(abandonedShards, 0);
    const { violations, missing, checkpointsChecked } = oracle.verdict();
    assert.deepEqual(violations, []);
    assert.equal(missing, 0);
    assert.ok(checkpointsChecked > SHARDS);
  });
}

const starts: [
  sentence: string,
  startWorker: (hosts: readonly string[]) => Worker,
  reported: RegExp,
][] = [
  ["may not be started", () => {
    throw new Error("not permitted");
  }, /Cannot start a data-plane worker: not permitted/],
  [
    "fails while it is loaded",
    (hosts) => startDataPlaneWorker(hosts, new URL("./dying_start.ts", import.meta.url)),
    /Cannot start a data-plane worker: .*dying start/,
  ],
  [
    "fails while it is set up",
    (hosts) => startDataPlaneWorker(hosts, new URL("./dying_plane.ts", import.meta.url)),
    /Cannot start a data-plane worker: .*dying plane/,
  ],
];
for (const [sentence, start, reported] of starts) {
  Deno.test(`App ends at once, and says why, when the first worker ${sentence}`, async () => {
    await using oracle = new Oracle({ shards: 1 });
    const run = new AppRun(settings, oracle.env, fastClock(SPEED), start);
    await assert.rejects(
      run.ended,
      (error) => error instanceof OperatorError && reported.test(error.message),
    );
  });
}

Deno.test("App forwards through workers as it does without, and parks what is refused", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using oracle = new Oracle({ shards: SHARDS });
    let requests = 0;
    oracle.hec.rule = () =>
      ++requests % 7 === 0 ? faults.code(6, { invalidEventNumber: 0 }) : undefined;
    fill(oracle);
    const deadLetters = { folder, guard: { max_refused_percent: 100 } };
    await using run = new AppRun(
      { ...settings, dead_letters: deadLetters },
      oracle.env,
      fastClock(SPEED),
    );
    const parked = () =>
      [...Deno.readDirSync(folder)].flatMap(({ name }) =>
        Deno.readTextFileSync(`${folder}/${name}`).trim().split("\n").filter(Boolean)
      );
    await until("all is delivered or parked", 30_000, () => oracle.missing <= parked().length);
    await run.stop();
    const letters = parked().map((line) => JSON.parse(line));
    assert.ok(letters.length > 0);
    assert.equal(oracle.missing, letters.length);
    const sum = run.app.ledger.reduce((total, entry) => total + entry.parked, 0);
    assert.equal(sum, letters.length);
    assert.ok(letters.every(({ source, cursor }) => source === `${PROJECT}/${LOGSTORE}` && cursor));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a worker reaches the hosts it is given and nothing else, whatever this process may", async () => {
  await using oracle = new Oracle({ shards: 1 });
  const allowed = oracle.sls.url;
  const other = oracle.hec.url;
  const worker = startDataPlaneWorker(
    [new URL(allowed).host],
    new URL("./probing_worker.ts", import.meta.url),
  );
  const found = await new Promise<Record<string, string>>((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage({ urls: [allowed, other], file: "/bin/true" });
  });
  worker.terminate();
  assert.deepEqual(found, reachesOnly(allowed, other));
});
