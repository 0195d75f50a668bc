/**
 * Measures what distance costs: the whole program as a separate process, with every byte to and from SLS and
 * HEC delayed, against the same without delay. HEC is a sink that takes everything unread, so that the program
 * and not the server is what is measured. Prints raw MB per second and their ratio, the median of
 * runs that take turns. `--rtt MS` is the round trip of both sides (20), `--shards N` (8), `--logs N`,
 * `--runs N`, `--count N` log groups a pull.
 */
import { systemClock } from "../../src/base/clock.ts";
import { DemoCluster } from "../../src/emulator/demo/demo_cluster.ts";
import { DelayProxy } from "../support/delay_proxy.ts";
import { Forwarder, until } from "../support/forwarder.ts";
import { seededRandom } from "../support/seeded_random.ts";

/** What the ratio should reach at 20 ms. */
const WANTED_RATIO = 0.8;

const rttMs = argument("--rtt", 20);
const shards = argument("--shards", 8);
const logs = argument("--logs", 1_000_000);
const runs = argument("--runs", 5);
const count = argument("--count", 1000);

/** By shard, the log groups before the checkpoint of the running measurement. */
const reached = new Map<number, number>();
await using cluster = new DemoCluster({
  clock: systemClock,
  random: seededRandom(1),
  uuid: () => crypto.randomUUID(),
  shards,
  onCheckpoint: (event) => reached.set(event.shard, event.position ?? 0),
});
await using toSls = new DelayProxy(cluster.access.sls);
const sink = { firstMs: 0, lastMs: 0 };
await using hec = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, takeAll);
await using toHec = new DelayProxy(`http://127.0.0.1:${hec.addr.port}`);
await cluster.write(logs);
const rawMb = cluster.writtenBytes / 1e6;
const folder = await Deno.makeTempDir();
try {
  await Deno.writeTextFile(`${folder}/sls2hec.yaml`, configuration());
  const near: number[] = [];
  const far: number[] = [];
  for (let run = 1; run <= runs; run++) {
    near.push(await measure(`near-${run}`, 0));
    far.push(await measure(`far-${run}`, rttMs));
    console.log(`run ${run}: ${near.at(-1)!.toFixed(1)} MB/s near, ${far.at(-1)!.toFixed(1)} far`);
  }
  const ratio = median(far) / median(near);
  console.log(
    `${rawMb.toFixed(0)} MB raw in ${shards} shards, ${rttMs} ms round trip on both sides: ` +
      `${median(far).toFixed(1)} of ${median(near).toFixed(1)} MB/s, ratio ${ratio.toFixed(2)}` +
      (rttMs === 20 ? ` (wanted: ${WANTED_RATIO})` : ""),
  );
} finally {
  await Deno.remove(folder, { recursive: true });
}

/** Raw MB per second from the first request to the last. */
async function measure(group: string, rttMs: number): Promise<number> {
  toSls.oneWayMs = toHec.oneWayMs = rttMs / 2;
  sink.firstMs = 0;
  const { access } = cluster;
  reached.clear();
  const forwarder = new Forwarder(["-c", "sls2hec.yaml"], {
    SLS_ENDPOINT: toSls.url,
    SLS_AK_ID: access.access_key_id,
    SLS_AK_KEY: access.access_key_secret,
    SLS_PROJECT: access.project,
    SLS_LOGSTORE: access.logstore,
    SLS_CG: group,
    SPLUNK_HEC_URL: toHec.url,
    SPLUNK_HEC_TOKEN: access.token,
  }, folder);
  const groups = Math.ceil(logs / 100);
  await until(
    "the checkpoints are at the end",
    300_000,
    () => reached.values().reduce((sum, position) => sum + position, 0) >= groups,
  );
  forwarder.kill("SIGTERM");
  const { code, log } = await forwarder.ended();
  if (code !== 0) throw new Error(`The program ended with ${code}:\n${log}`);
  return rawMb / (sink.lastMs - sink.firstMs) * 1000;
}

async function takeAll(request: Request): Promise<Response> {
  sink.firstMs ||= performance.now();
  for await (const _ of request.body ?? []); // read and dropped
  sink.lastMs = performance.now();
  return Response.json({ text: "Success", code: 0 });
}

function configuration(): string {
  return `consumer: { fetch_count: ${count}, checkpoint_interval: 1s }\n`;
}

function argument(name: string, without: number): number {
  const at = Deno.args.indexOf(name);
  return at < 0 ? without : Number(Deno.args[at + 1]);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
