/**
 * Measures the whole program as a process of its own, against the embedded servers in this one: raw MB
 * delivered per CPU-second of the program, its peak memory, and the time to its first delivery. Linux only: it
 * reads /proc. `--logs N` sets how much is delivered.
 */
import zlib from "node:zlib";
import { systemClock } from "../../src/base/clock.ts";
import { DemoWorld } from "../../src/emulator/demo/demo_world.ts";
import { Forwarder, until } from "../support/forwarder.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { makePage } from "./pages.ts";

const CLOCK_TICKS_PER_SEC = 100;
const RUNS = 3;
const logs = Number(Deno.args[Deno.args.indexOf("--logs") + 1] ?? NaN) || 400_000;

await using world = new DemoWorld({
  clock: systemClock,
  random: seededRandom(1),
  uuid: () => crypto.randomUUID(),
});
await world.write(logs);
const folder = await Deno.makeTempDir();
try {
  for (let run = 1; run <= RUNS; run++) await measure(run);
} finally {
  await Deno.remove(folder, { recursive: true });
}

async function measure(run: number): Promise<void> {
  const taken = () => world.ledger.delivered + world.ledger.duplicates;
  const before = taken();
  const startMs = performance.now();
  const { access } = world;
  const forwarder = new Forwarder([], {
    SLS_ENDPOINT: access.sls,
    SLS_AK_ID: access.access_key_id,
    SLS_AK_KEY: access.access_key_secret,
    SLS_PROJECT: access.project,
    SLS_LOGSTORE: access.logstore,
    SLS_CG: `bench-${run}`,
    SPLUNK_HEC_URL: access.hec,
    SPLUNK_HEC_TOKEN: access.token,
  }, folder);
  await until("the first delivery", 60_000, () => taken() > before);
  const firstSec = (performance.now() - startMs) / 1000;
  await until("everything is delivered", 600_000, () => taken() >= before + logs);
  const { cpuSec, peakMb } = usage(forwarder.pid);
  const seconds = (performance.now() - startMs) / 1000;
  forwarder.kill("SIGTERM");
  await forwarder.ended();
  const rawMb = world.writtenBytes / 1e6;
  console.log(
    `run ${run}: ${rawMb.toFixed(0)} MB raw, ${logs.toLocaleString("en")} logs in ` +
      `${seconds.toFixed(1)} s; ${(rawMb / cpuSec).toFixed(0)} MB/CPU-s, ` +
      `${(cpuSec / rawMb * 1000).toFixed(2)} CPU-s/GB, ` +
      `ratio ${(rawMb / cpuSec / kernelRate()).toFixed(2)}; peak ${peakMb.toFixed(0)} MB; ` +
      `first delivery after ${firstSec.toFixed(2)} s`,
  );
}

function usage(pid: number): { cpuSec: number; peakMb: number } {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1]!.split(" ");
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return {
    cpuSec: (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SEC,
    peakMb: Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1000,
  };
}

/** MB per second of gzip level 1 on 1 MB of raw nginx logs: what ratios are taken to. */
function kernelRate(): number {
  const input = makePage("nginx", 1_000_000).raw;
  const startMs = performance.now();
  let bytes = 0;
  while (performance.now() - startMs < 500) {
    zlib.gzipSync(input, { level: 1 });
    bytes += input.length;
  }
  return bytes / 1e3 / (performance.now() - startMs);
}
