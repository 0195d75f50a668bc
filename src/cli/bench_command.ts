import process from "node:process";
import { App } from "../app/app.ts";
import { systemClock } from "../base/clock.ts";
import { describeError, OperatorError } from "../base/errors.ts";
import { TaskGroup } from "../base/task_group.ts";
import { LoadInWorker } from "../emulator/load/load_in_worker.ts";
import type { LoadKind } from "../emulator/load/load_logs.ts";
import { embeddedConfig } from "./load.ts";
import { ExitCode, USER_AGENT } from "./program.ts";
import { print, printError, printJson } from "./print.ts";
import { StopSignals } from "./signals.ts";

const PAGE_BYTES = 4_000_000;
const SHARDS = 4;
const WARM_UP_MS = 3000;
const SECONDS_PER_DAY = 86_400;

export interface BenchOptions {
  /** How long to measure, without the warm-up. */
  readonly seconds: number;
  readonly kind: LoadKind;
  readonly gzip: boolean;
  readonly json: boolean;
}

/** The measurement; megabytes are raw: protobuf as SLS stores it, before compression. */
interface BenchResult {
  readonly kind: LoadKind;
  readonly gzip: boolean;
  readonly seconds: number;
  readonly raw_mb: number;
  readonly raw_mb_per_second: number;
  /** Of the forwarder alone, where the runtime reports the CPU time of each thread. */
  readonly cpu_seconds: number;
  readonly raw_mb_per_cpu_second: number;
  readonly cpu_seconds_include_servers: boolean;
  readonly wire_bytes_per_raw_byte: number;
  readonly resident_mb: number;
}

/** `sls2hec bench`: measures the throughput of this machine against embedded load servers. */
export async function benchCommand(options: BenchOptions): Promise<ExitCode> {
  using stop = new StopSignals(systemClock);
  const { kind, gzip, seconds, json } = options;
  using load = await startLoad(kind);
  const ended = new AbortController();
  let result: BenchResult | undefined;
  {
    await using tasks = new TaskGroup();
    tasks.spawn("app", async () => {
      const config = embeddedConfig({
        sls: {
          endpoint: load.slsUrl,
          credentials: { access_key_id: "id", access_key_secret: "-" },
        },
        consumer: { group: "bench", checkpoint_interval: "1s" },
        hec: { url: load.hecUrl, token: "-", gzip },
        sources: [{ project: "bench", logstore: "bench" }],
        log: { level: "warning" },
      });
      await using app = await App.open(config, USER_AGENT);
      await app.run(ended.signal);
    });
    // If the app fails, stop at once; its error is thrown at the end of the block.
    const enough = AbortSignal.any([stop.signal, tasks.signal]);
    try {
      printError(`Measuring for ${seconds} s, after a warm-up of ${WARM_UP_MS / 1000} s …`);
      await systemClock.sleep(WARM_UP_MS, enough);
      const before = await sample(load);
      await systemClock.sleep(seconds * 1000, enough);
      result = compare(options, before, await sample(load));
    } catch (error) {
      if (!enough.aborted || error !== enough.reason) throw error;
    } finally {
      ended.abort(new DOMException("The measurement is over", "AbortError"));
    }
  }
  if (!result) return ExitCode.failed; // stopped by a signal
  if (json) printJson(result);
  else print(describe(result));
  return ExitCode.ok;
}

async function startLoad(kind: LoadKind): Promise<LoadInWorker> {
  try {
    return await LoadInWorker.start({ kind, pageBytes: PAGE_BYTES, shards: SHARDS });
  } catch (error) {
    throw new OperatorError(
      `Cannot start the bench: ${describeError(error)}`,
      "Run `deno run -A main.ts bench`, or use an executable that was built without -c",
      { cause: error },
    );
  }
}

interface Sample {
  readonly ms: number;
  readonly cpuSec: number;
  readonly serversCpuSec: number | undefined;
  readonly rawBytes: number;
  readonly wireBytes: number;
}

async function sample(load: LoadInWorker): Promise<Sample> {
  const { pulledRawBytes, wireBytes, threadCpuSec } = await load.counts();
  const { user, system } = process.cpuUsage();
  return {
    ms: systemClock.monotonicMs(),
    cpuSec: (user + system) / 1e6,
    serversCpuSec: threadCpuSec,
    rawBytes: pulledRawBytes,
    wireBytes,
  };
}

function compare({ kind, gzip }: BenchOptions, before: Sample, after: Sample): BenchResult {
  const seconds = (after.ms - before.ms) / 1000;
  const rawBytes = after.rawBytes - before.rawBytes;
  const cpuSec = after.cpuSec - before.cpuSec -
    ((after.serversCpuSec ?? 0) - (before.serversCpuSec ?? 0));
  return {
    kind,
    gzip,
    seconds: rounded(seconds),
    raw_mb: rounded(rawBytes / 1e6),
    raw_mb_per_second: rounded(rawBytes / 1e6 / seconds),
    cpu_seconds: rounded(cpuSec),
    raw_mb_per_cpu_second: rounded(rawBytes / 1e6 / cpuSec),
    cpu_seconds_include_servers: after.serversCpuSec === undefined,
    wire_bytes_per_raw_byte: Math.round((after.wireBytes - before.wireBytes) / rawBytes * 1000) /
      1000,
    resident_mb: rounded(Deno.memoryUsage().rss / 1e6),
  };
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function describe(result: BenchResult): string {
  const terabytesADay = result.raw_mb_per_cpu_second * SECONDS_PER_DAY / 1e6;
  return [
    `Delivered ${result.raw_mb.toFixed(0)} MB of raw ${result.kind} logs in ${result.seconds} s`,
    `  raw MB a second        ${result.raw_mb_per_second.toFixed(0).padStart(8)}`,
    `  raw MB a CPU-second    ${result.raw_mb_per_cpu_second.toFixed(0).padStart(8)}` +
    (result.cpu_seconds_include_servers ? "  (including the embedded servers)" : ""),
    `  bytes sent a raw byte  ${result.wire_bytes_per_raw_byte.toFixed(3).padStart(8)}`,
    `  memory, servers too    ${result.resident_mb.toFixed(0).padStart(8)} MB`,
    `One core of this machine can carry ${
      result.cpu_seconds_include_servers ? "at least" : "about"
    } ${terabytesADay.toFixed(1)} TB of such logs a day ` +
    `(${result.gzip ? "with" : "without"} gzip, without TLS).`,
  ].join("\n");
}
