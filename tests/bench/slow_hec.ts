/**
 * Shows that memory stays flat while HEC is slow: the whole program as a process, pulling from load servers that have
 * logs without end, into a HEC that answers a request in a second, says that it is busy, or does not answer. Prints
 * its resident memory; ends with 1 when the second half of the time needed clearly more than the first.
 * Linux only: it reads /proc. `--seconds N` for each run (default 60).
 */
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import type { Fault } from "../../src/emulator/hec/fault.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { Forwarder } from "../support/forwarder.ts";
import { LoadProcess } from "./e2e/load_process.ts";
import { residentMb } from "./e2e/process_usage.ts";

const TOKEN = "token";
const SHARDS = 16;
const SAMPLE_MS = 500;
/** A later half that needs more than this beyond the first one counts as growth. */
const MAX_GROWTH_MB = 32;

const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" } } });
const seconds = Number(values.seconds);

/** Two of three requests are tried again. */
const RULES: readonly (() => Fault)[] = [
  () => faults.slow(1000),
  () => faults.busy(),
  () => faults.lateAnswer(3000),
];

let grew = false;
for (const budget of ["32MB", "128MB"]) {
  for (const workers of [0, 2]) {
    if (budget === "32MB" && workers > 1) continue; // too little for two
    grew = await run(budget, workers) || grew;
  }
}
Deno.exit(grew ? 1 : 0);

async function run(budget: string, workers: number): Promise<boolean> {
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-slow-hec-" });
  try {
    await using load = await LoadProcess.start({
      kind: "nginx",
      pageBytes: 2_000_000,
      shards: SHARDS,
      maxBytesPerSec: undefined,
      slsTls: undefined,
      hecTls: undefined,
    });
    await using hec = HecEmulator.start({
      tokens: [{ token: TOKEN, name: "slow", useAck: false }],
      store: "none",
    });
    let requests = 0;
    hec.rule = () => RULES[requests++ % RULES.length]!();
    await Deno.writeTextFile(
      `${folder}/c.yaml`,
      stringify({
        workers,
        memory_budget: budget,
        sls: {
          endpoint: load.slsUrl,
          credentials: { access_key_id: "id", access_key_secret: "secret" },
        },
        consumer: { group: "slow" },
        hec: { url: hec.url, token: TOKEN },
        sources: [{ project: "bench", logstore: "l0" }],
        log: { level: "error" },
        drain_timeout: "1s",
      }),
    );
    const program = new Forwarder(["-c", "c.yaml"], {}, folder);
    const samples: number[] = [];
    try {
      while (samples.length < seconds * 1000 / SAMPLE_MS) {
        await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
        samples.push(residentMb(program.pid).now);
      }
    } finally {
      program.kill("SIGKILL");
      await program.ended();
    }
    const { pulledRawBytes } = await load.counts();
    const half = samples.length >> 1;
    const [first, second] = [Math.max(...samples.slice(0, half)), Math.max(...samples.slice(half))];
    console.log(
      `budget ${budget.padStart(5)}  workers ${workers}  ${
        String(requests).padStart(5)
      } requests  ` +
        `${(pulledRawBytes / 1e6).toFixed(0).padStart(6)} MB pulled  resident MB: ` +
        `first half at most ${first.toFixed(0)}, second half at most ${second.toFixed(0)}`,
    );
    return second > first + MAX_GROWTH_MB;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
