import { cpuSecOf, residentMb } from "../bench/e2e/process_usage.ts";
import { Oracle } from "../faults/oracle.ts";
import { Forwarder } from "../support/forwarder.ts";
import { type FloodCounts, FloodProcess } from "./flood_process.ts";

const SAMPLE_MS = 250;
/** What the program takes to start is not counted. */
const START_LIMIT_MS = 30_000;

export interface FloodResult extends FloodCounts {
  /** Most resident memory of the program, in MB. */
  readonly peakMb: number;
  /** CPU-seconds a second, from the first answer of the flood on. */
  readonly cores: number;
  /** Most open files and connections. */
  readonly mostFiles: number;
  readonly log: string;
}

/** Runs the whole program for this long against a hostile server on one side, and good ones otherwise. */
export async function runFlood(
  side: "sls" | "hec",
  flood: string,
  seconds: number,
): Promise<FloodResult> {
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-flood-" });
  try {
    await using oracle = new Oracle({ shards: 2, acks: true });
    const behind = new URL(side === "sls" ? oracle.sls.url : oracle.hec.url);
    await using server = await FloodProcess.start(side, flood, Number(behind.port));
    const url = `http://127.0.0.1:${server.port}`;
    await Deno.writeTextFile(`${folder}/c.yaml`, "log: { format: text }\nmemory_budget: 32MB\n");
    const env = {
      ...oracle.env,
      ...(side === "sls" ? { SLS_ENDPOINT: url } : { SPLUNK_HEC_URL: url }),
      SLS_START: "begin",
    };
    for (const shard of [0, 1]) for (let i = 0; i < 20; i++) oracle.write(shard, 5);
    const program = new Forwarder(["-c", "c.yaml"], env, folder);
    let [peakMb, cores, mostFiles] = [0, 0, 0];
    let counts: FloodCounts;
    let log: string;
    try {
      const startMs = performance.now();
      while ((await server.counts()).flooded === 0) {
        if (performance.now() - startMs > START_LIMIT_MS) throw new Error("Nothing was flooded");
        await pause(50);
      }
      const [cpuSec, floodMs] = [cpuSecOf(program.pid), performance.now()];
      while (performance.now() - floodMs < seconds * 1000) {
        await pause(SAMPLE_MS);
        mostFiles = Math.max(mostFiles, [...Deno.readDirSync(`/proc/${program.pid}/fd`)].length);
      }
      cores = (cpuSecOf(program.pid) - cpuSec) / ((performance.now() - floodMs) / 1000);
      peakMb = residentMb(program.pid).peak;
      counts = await server.counts();
    } finally {
      program.kill("SIGKILL");
      ({ log } = await program.ended());
    }
    return { ...counts, peakMb, cores, mostFiles, log };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
