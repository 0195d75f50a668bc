/**
 * Measures the vendor's sample consumer and this program in one run, on the same load servers: raw megabytes a
 * CPU-second of the process (user and system), each beside a fixed kernel. The sample's library comes from PyPI
 * into a virtual environment in the cache folder.
 *
 *   --windows N  windows of each, of two seconds (7); prints medians
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { pythonEnvironment } from "../../interop/python/python_environment.ts";
import { Kernel } from "../e2e/kernel.ts";
import { LoadProcess } from "../e2e/load_process.ts";
import { measure } from "../e2e/measure.ts";
import { cpuSecOf, residentMb } from "../e2e/process_usage.ts";
import { SCENARIOS } from "../e2e/scenarios.ts";

const CONSUMER = fileURLToPath(new URL("./consumer.py", import.meta.url));
const WARM_UP_MS = 6000;
const WINDOW_MS = 2000;
const KERNEL_CPU_SEC = 0.3;

interface Row {
  readonly what: string;
  readonly rawMbPerCpuSec: number;
  readonly ratioToKernel: number;
  readonly rawMbPerSec: number;
  readonly peakRssMb: number;
}

const { values } = parseArgs({ options: { windows: { type: "string", default: "7" } } });
const windows = Number(values.windows);
const environment = await pythonEnvironment();
if ("missing" in environment) {
  console.error(`Cannot measure the vendor's sample: ${environment.missing}`);
  Deno.exit(1);
}
const { python } = environment;
const kernel = new Kernel();
const rows: Row[] = [
  await measureSample("the vendor's sample, a request a log", 0),
  await measureSample("the same with requests of 1 MB", 1_000_000),
  await measureOwn("sls2hec, hec.gzip: false", "nginx plain"),
  await measureOwn("sls2hec", "nginx"),
];
const first = rows[0]!;
console.log(
  "what                                    MB/CPU-s  to the sample  ratio   MB/s  peak MB",
);
for (const { what, rawMbPerCpuSec, ratioToKernel, rawMbPerSec, peakRssMb } of rows) {
  const times = rawMbPerCpuSec / first.rawMbPerCpuSec;
  console.log(
    what.padEnd(38) + [
      rawMbPerCpuSec.toFixed(2).padStart(10),
      `${times.toFixed(times < 10 ? 1 : 0)} x`.padStart(15),
      ratioToKernel.toFixed(4).padStart(8),
      rawMbPerSec.toFixed(1).padStart(7),
      peakRssMb.toFixed(0).padStart(8),
    ].join(""),
  );
}

async function measureSample(what: string, batchBytes: number): Promise<Row> {
  const { kind, pageBytes, shards } = SCENARIOS.find(({ name }) => name === "nginx")!;
  await using load = await LoadProcess.start({ kind, pageBytes, shards });
  const child = new Deno.Command(python, {
    args: [
      CONSUMER,
      JSON.stringify({
        endpoint: "cn-hangzhou.log.aliyuncs.com",
        project: "bench",
        logstore: "l0",
        hec_url: load.hecUrl,
        token: "token",
        batch_bytes: batchBytes,
      }),
    ],
    // Its library puts the project in front of the host, so the load server is reached as a proxy.
    env: { http_proxy: load.slsUrl, no_proxy: "", NO_PROXY: "", PYTHONDONTWRITEBYTECODE: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const said = new Response(child.stderr).text();
  let deliveredLogs = 0;
  const reading = (async () => {
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      deliveredLogs = Number(text.trim().split("\n").at(-1));
    }
  })();
  const sample = () => ({
    logs: deliveredLogs,
    cpuSec: cpuSecOf(child.pid),
    ms: performance.now(),
  });
  try {
    await sleep(WARM_UP_MS);
    const measured: { logs: number; cpuSec: number; ms: number; kernelRate: number }[] = [];
    while (measured.length < windows) {
      child.kill("SIGSTOP");
      const kernelRate = kernel.rate(KERNEL_CPU_SEC);
      child.kill("SIGCONT");
      await sleep(WINDOW_MS / 4);
      const before = sample();
      await sleep(WINDOW_MS);
      const after = sample();
      measured.push({
        logs: after.logs - before.logs,
        cpuSec: after.cpuSec - before.cpuSec,
        ms: after.ms - before.ms,
        kernelRate,
      });
    }
    if (measured.every(({ logs }) => logs === 0)) throw new Error("It delivered nothing");
    const { pulledRawBytes, pulledLogs } = await load.counts();
    const mbPerLog = pulledRawBytes / pulledLogs / 1e6;
    const of = (value: (window: typeof measured[number]) => number) =>
      measured.map(value).sort((a, b) => a - b)[windows >> 1]! * mbPerLog;
    return {
      what,
      rawMbPerCpuSec: of(({ logs, cpuSec }) => logs / cpuSec),
      ratioToKernel: of(({ logs, cpuSec, kernelRate }) => logs / cpuSec / kernelRate),
      rawMbPerSec: of(({ logs, ms }) => logs / ms * 1000),
      peakRssMb: residentMb(child.pid).peak,
    };
  } catch (error) {
    child.kill("SIGKILL");
    throw new Error(`The sample failed, and said:\n${await said}`, { cause: error });
  } finally {
    child.kill("SIGKILL"); // it would finish its pages first, for a minute
    await Promise.all([child.status, reading, said]);
  }
}

async function measureOwn(what: string, name: string): Promise<Row> {
  const scenario = SCENARIOS.find((scenario) => scenario.name === name)!;
  const options = { windows, windowMs: WINDOW_MS, executable: undefined };
  return { what, ...await measure(scenario, kernel, options) };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
