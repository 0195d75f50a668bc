import { fileURLToPath } from "node:url";
import { loadConfig } from "../e2e/load_config.ts";
import { LoadProcess } from "../e2e/load_process.ts";
import type { Scenario } from "../e2e/scenarios.ts";
import { callTree, type CpuProfile, type Frame } from "./profile.ts";

const ENTRY = fileURLToPath(new URL("./profiled_main.ts", import.meta.url));
const WARM_UP_MS = 5000;
/** The profile is written after it has ended. */
const WRITING_MS = 3000;

/** What a run under the profiler gave. */
export interface ProfiledRun {
  readonly name: string;
  readonly root: Frame;
  readonly seconds: number;
  readonly rawMbPerSec: number;
}

/** Runs a scenario, without workers and TLS, and samples its main thread. @param folder For its files. */
export async function runProfiled(
  { name, kind, pageBytes, shards, maxBytesPerSec, caughtUp, gzip }: Scenario,
  folder: string,
  seconds: number,
): Promise<ProfiledRun> {
  await using load = await LoadProcess.start({ kind, pageBytes, shards, maxBytesPerSec, caughtUp });
  await Deno.writeTextFile(
    `${folder}/sls2hec.yaml`,
    loadConfig(load, { hec: { gzip }, workers: 0 }),
  );
  const file = `${folder}/profile.json`;
  const sampling = [file, String(WARM_UP_MS), String(seconds * 1000)];
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-all",
      "--no-lock",
      `--config=${folder}/deno.json`,
      ENTRY,
      ...sampling,
      ...["run", "-c", "sls2hec.yaml"],
    ],
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said = new Response(child.stderr).text();
  await sleep(WARM_UP_MS);
  const before = await load.counts();
  await sleep(seconds * 1000);
  const after = await load.counts();
  await sleep(WRITING_MS);
  child.kill("SIGTERM");
  const { code } = await child.status;
  const log = await said;
  if (code !== 0) throw new Error(`${name}: the program ended with ${code}:\n${log}`);
  const profile: CpuProfile = JSON.parse(await Deno.readTextFile(file));
  await Deno.remove(file);
  const rawMb = (after.pulledRawBytes - before.pulledRawBytes) / 1e6;
  return { name, root: callTree(profile), seconds, rawMbPerSec: rawMb / seconds };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
