/**
 * Shows that memory stays flat: the whole program as a process, at full speed between load servers, with its
 * default memory budget. Prints its resident memory for each minute and the slope of the line through all samples
 * but those of the first minute; ends with 1 when the second half needed clearly more than the first.
 * Linux only: it reads /proc.
 *
 *   --seconds N   how long (600)
 *   --workers N   as the option `workers` (auto)
 */
import { parseArgs } from "node:util";
import { Forwarder } from "../support/forwarder.ts";
import { loadConfig } from "./e2e/load_config.ts";
import { LoadProcess } from "./e2e/load_process.ts";
import { cpuSecOf, residentMb } from "./e2e/process_usage.ts";

const SAMPLE_MS = 1000;
const SETTLING_SAMPLES = 60;
/** A later half whose median is this much above that of the first one counts as growth. */
const MAX_GROWTH_MB = 16;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "600" },
    workers: { type: "string", default: "auto" },
  },
});
const folder = await Deno.makeTempDir({ prefix: "sls2hec-flat-" });
let grew = false;
try {
  await using load = await LoadProcess.start({ kind: "nginx", pageBytes: 4_000_000, shards: 4 });
  await Deno.writeTextFile(`${folder}/c.yaml`, loadConfig(load, { workers: values.workers }));
  const program = new Forwarder(["-c", "c.yaml"], {}, folder);
  const samples: number[] = [];
  const startMs = performance.now();
  try {
    while (samples.length < Number(values.seconds)) {
      await new Promise((resolve) =>
        setTimeout(resolve, startMs + (samples.length + 1) * SAMPLE_MS - performance.now())
      );
      samples.push(residentMb(program.pid).now);
      if (samples.length % 60 === 0) tellMinute(samples.length / 60, samples.slice(-60));
    }
    const { pulledRawBytes } = await load.counts();
    const seconds = (performance.now() - startMs) / 1000;
    const { peak } = residentMb(program.pid);
    const settled = samples.slice(Math.min(SETTLING_SAMPLES, samples.length >> 1));
    const half = settled.length >> 1;
    const [first, second] = [median(settled.slice(0, half)), median(settled.slice(half))];
    grew = second > first + MAX_GROWTH_MB;
    console.log(
      `${(pulledRawBytes / 1e9).toFixed(1)} GB raw in ${seconds.toFixed(0)} s, ` +
        `${(pulledRawBytes / 1e6 / seconds).toFixed(0)} MB/s, ` +
        `${(cpuSecOf(program.pid) / seconds).toFixed(2)} cores, peak ${peak.toFixed(0)} MB`,
    );
    console.log(
      `after the first minute: slope ${slopePerSample(settled).toFixed(3)} MB a second, ` +
        `median of the first half ${first.toFixed(0)} MB, of the second ${second.toFixed(0)} MB`,
    );
    program.kill("SIGTERM");
    const { code, log } = await program.ended();
    if (code !== 0) throw new Error(`The program ended with ${code}:\n${log}`);
  } catch (error) {
    program.kill("SIGKILL");
    await program.ended();
    throw error;
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(grew ? 1 : 0);

function tellMinute(minute: number, samples: readonly number[]): void {
  const [start, middle, peak] = [samples[0]!, median(samples), Math.max(...samples)];
  console.log(
    `minute ${String(minute).padStart(2)}: resident MB at its start ${start.toFixed(0)}, ` +
      `median ${middle.toFixed(0)}, peak ${peak.toFixed(0)}`,
  );
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** Of the line through the values, one a second, by least squares. */
function slopePerSample(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = (values.length - 1) / 2;
  let above = 0;
  let below = 0;
  for (const [i, value] of values.entries()) {
    above += (i - middle) * (value - mean);
    below += (i - middle) ** 2;
  }
  return above / below;
}
