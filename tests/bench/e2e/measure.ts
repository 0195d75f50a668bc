import type { LoadCounts } from "../../../src/emulator/load/load_servers.ts";
import { NAMED } from "../../hec/certificates.ts";
import { Forwarder } from "../../support/forwarder.ts";
import type { Kernel } from "./kernel.ts";
import { loadConfig } from "./load_config.ts";
import { LoadProcess } from "./load_process.ts";
import { cpuSecOf, residentMb } from "./process_usage.ts";
import type { Scenario } from "./scenarios.ts";

const WARM_UP_MS = 4000;
const KERNEL_CPU_SEC = 0.3;

export interface MeasureOptions {
  readonly windows: number;
  readonly windowMs: number;
  /** The executable; undefined runs the sources. */
  readonly executable: string | undefined;
}

/** Medians over the windows of one run. */
export interface Measured {
  readonly name: string;
  readonly rawMbPerCpuSec: number;
  readonly kernelMbPerCpuSec: number;
  readonly ratioToKernel: number;
  readonly rawMbPerSec: number;
  /** Of one core. */
  readonly cpuShare: number;
  readonly peakRssMb: number;
  readonly wireBytesPerRawByte: number;
  readonly startToFirstPullSec: number;
}

/**
 * Runs the program as a process against the load servers as another. Windows alternate with the kernel, for
 * which the program is halted.
 * @throws when the program ends with an error, or its checkpoints do not cover what it has pulled.
 */
export async function measure(
  scenario: Scenario,
  kernel: Kernel,
  options: MeasureOptions,
): Promise<Measured> {
  const { name, kind, pageBytes, shards, maxBytesPerSec, caughtUp, tls } = scenario;
  const certificate = tls ? NAMED : undefined;
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-bench-" });
  try {
    await using load = await LoadProcess.start({
      kind,
      pageBytes,
      shards,
      maxBytesPerSec,
      caughtUp,
      slsTls: certificate,
      hecTls: certificate,
    });
    await Deno.writeTextFile(`${folder}/ca.pem`, NAMED.cert);
    await Deno.writeTextFile(`${folder}/sls2hec.yaml`, configFor(scenario, load));
    const startMs = Date.now();
    const program = new Forwarder(["-c", "sls2hec.yaml"], {}, folder, options.executable);
    let windows: Window[];
    let peakRssMb: number;
    try {
      await sleep(WARM_UP_MS);
      windows = await measureWindows(program, load, kernel, options);
      peakRssMb = residentMb(program.pid).peak;
    } catch (error) {
      program.kill("SIGKILL");
      const { log } = await program.ended();
      throw new Error(`${name} failed, and the program said:\n${log}`, { cause: error });
    }
    program.kill("SIGTERM");
    const { code, log } = await program.ended();
    if (code !== 0) throw new Error(`${name}: the program ended with ${code}:\n${log}`);
    const { firstPullMs, ...counts } = await load.counts();
    checkDelivered(name, counts, scenario);
    const of = (value: (window: Window) => number) => median(windows.map(value));
    return {
      name,
      rawMbPerCpuSec: of((window) => window.rawMb / window.cpuSec),
      kernelMbPerCpuSec: of((window) => window.kernelRate),
      ratioToKernel: of((window) => window.rawMb / window.cpuSec / window.kernelRate),
      rawMbPerSec: of((window) => window.rawMb / window.seconds),
      cpuShare: of((window) => window.cpuSec / window.seconds),
      peakRssMb,
      wireBytesPerRawByte: counts.wireBytes / counts.finishedRawBytes,
      startToFirstPullSec: ((firstPullMs ?? NaN) - startMs) / 1000,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Window {
  readonly rawMb: number;
  readonly cpuSec: number;
  readonly seconds: number;
  readonly kernelRate: number;
}

async function measureWindows(
  program: Forwarder,
  load: LoadProcess,
  kernel: Kernel,
  { windows, windowMs }: MeasureOptions,
): Promise<Window[]> {
  const measured: Window[] = [];
  while (measured.length < windows) {
    program.kill("SIGSTOP");
    const kernelRate = kernel.rate(KERNEL_CPU_SEC);
    program.kill("SIGCONT");
    await sleep(windowMs / 4);
    const before = await sample(program, load);
    await sleep(windowMs);
    const after = await sample(program, load);
    measured.push({
      rawMb: (after.pulledRawBytes - before.pulledRawBytes) / 1e6,
      cpuSec: after.cpuSec - before.cpuSec,
      seconds: (after.ms - before.ms) / 1000,
      kernelRate,
    });
  }
  return measured;
}

async function sample(program: Forwarder, load: LoadProcess) {
  const { pulledRawBytes } = await load.counts();
  return { pulledRawBytes, cpuSec: cpuSecOf(program.pid), ms: performance.now() };
}

/** Pages of a shard that are pulled ahead at most. */
const PAGES_AHEAD = 8;

/** A drained program has finished what it has pulled, but for the pages ahead of each shard that it dropped. */
function checkDelivered(
  name: string,
  { pulledRawBytes, finishedRawBytes, requests }: Omit<LoadCounts, "firstPullMs">,
  { sources, shards, pageBytes }: Scenario,
): void {
  const mayBeDropped = sources * shards * pageBytes * PAGES_AHEAD;
  if (requests === 0 || finishedRawBytes < pulledRawBytes - mayBeDropped) {
    throw new Error(
      `${name}: ${pulledRawBytes} raw bytes were pulled, the checkpoints cover ${finishedRawBytes}`,
    );
  }
}

function configFor({ sources, gzip, tls, workers }: Scenario, load: LoadProcess): string {
  return loadConfig(load, {
    logstores: sources,
    sls: { ...(tls && { ca_file: "ca.pem" }) },
    consumer: { checkpoint_interval: "1s" },
    hec: { gzip, ...(tls && { tls: { ca_file: "ca.pem" } }) },
    workers,
  });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
