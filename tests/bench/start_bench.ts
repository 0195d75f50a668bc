/**
 * Measures how long the program takes from its start to the first page it asks for, on an SLS that answers at
 * once: median, least and most of the runs of each way to start it.
 *
 *   --runs N           runs of each way (11)
 *   --executable FILE  an executable to start as well; may be given several times
 */
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { loadConfig } from "./e2e/load_config.ts";
import { LoadProcess } from "./e2e/load_process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const LOOK_EVERY_MS = 50;
const LONGEST_MS = 20_000;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "11" },
    executable: { type: "string", multiple: true, default: [] },
  },
});

/** A way to start the program: what stands before `-c FILE`. */
type Way = readonly [name: string, command: readonly string[]];

const deno = Deno.execPath();
const config = `--config=${ROOT}deno.json`;
const ways: readonly Way[] = [
  ["sources, deno run", [deno, "run", "-A", "--no-prompt", config, `${ROOT}main.ts`, "run"]],
  ["sources, deno task start", [deno, "task", config, "start"]],
  ...values.executable.map((file): Way => [`executable ${file}`, [file, "run"]]),
];

const kinds = ways.flatMap(([name, command]) =>
  [0, "auto"].map((workers) => ({ name, command, workers, times: [] as number[] }))
);
// In turn, so that a busy minute of the machine meets all of them.
for (let run = 0; run < Number(values.runs); run++) {
  for (const { command, workers, times } of kinds) {
    times.push(await startToFirstPullMs(command, workers));
  }
}
for (const { name, workers, times } of kinds) {
  times.sort((a, b) => a - b);
  const [least, median, most] = [times[0]!, times[times.length >> 1]!, times.at(-1)!];
  console.log(
    `${name}, workers ${workers}: median ${median.toFixed(0)} ms, ` +
      `least ${least.toFixed(0)}, most ${most.toFixed(0)} (${times.length} runs)`,
  );
}

async function startToFirstPullMs(
  command: readonly string[],
  workers: number | string,
): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-start-" });
  try {
    await using load = await LoadProcess.start({ kind: "nginx", pageBytes: 100_000, shards: 4 });
    await Deno.writeTextFile(`${folder}/sls2hec.yaml`, loadConfig(load, { workers }));
    const [program, ...args] = command;
    const startMs = Date.now();
    const child = new Deno.Command(program!, {
      args: [...args, "-c", "sls2hec.yaml"],
      cwd: folder,
      env: { INIT_CWD: folder, NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const said = new Response(child.stderr).text();
    let ended = false;
    const ending = child.status.then(() => ended = true);
    let firstPullMs: number | undefined;
    while (firstPullMs === undefined && !ended && Date.now() < startMs + LONGEST_MS) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      ({ firstPullMs } = await load.counts());
    }
    if (!ended) child.kill("SIGTERM");
    await ending;
    if (firstPullMs === undefined) throw new Error(`Nothing was pulled:\n${await said}`);
    await said;
    return firstPullMs - startMs;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
