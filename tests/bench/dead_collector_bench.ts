/**
 * Shows what a collector that is down costs the sources of others: the whole program as a process between emulators on
 * loopback, two sources of eight shards on a collector each. Prints how fast the logs of one source arrive while the
 * other one has no logs, or has logs and a collector that is gone, silent or busy.
 * `--megabytes N` of logs (default 200), `--rounds N` (default 3), of which the median is printed.
 */
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { Forwarder, until } from "../support/forwarder.ts";

const PROJECT = "p";
const SHARDS = 8;
const GROUP_BYTES = 500_000;
const LIMIT_MS = 120_000;

const { values } = parseArgs({
  options: {
    megabytes: { type: "string", default: "200" },
    rounds: { type: "string", default: "3" },
  },
});
const groups = Math.ceil(Number(values.megabytes) * 1e6 / GROUP_BYTES / SHARDS);
const group = groupOf(GROUP_BYTES);

/** What the other source's collector does; "no logs" is a good one without any. */
type Other = "no logs" | "gone" | "silent" | "busy";
const others: readonly Other[] = ["no logs", "gone", "silent", "busy"];

console.log(
  `${"memory, workers".padEnd(20)}${others.map((name) => name.padStart(12)).join("")}   MB/s`,
);
for (const [memory, workers] of [["32MB", 0], ["256MB", 0], ["64MB", 2]] as const) {
  const rates = new Map<Other, number[]>(others.map((other) => [other, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const other of others) rates.get(other)!.push(await measure(other, memory, workers));
  }
  const medians = [...rates.values()].map((all) => all.toSorted((a, b) => a - b)[all.length >> 1]!);
  const columns = medians.map((rate) => rate.toFixed(1).padStart(12)).join("");
  console.log(`${`${memory}, ${workers}`.padEnd(20)}${columns}`);
}

/** @returns megabytes a second of the source whose collector is well. */
async function measure(other: Other, memory: string, workers: number): Promise<number> {
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-dead-collector-" });
  await using sls = SlsEmulator.start({
    accessKeys: [{ id: "id", secret: "secret" }],
    projects: [{
      name: PROJECT,
      logstores: ["well", "other"].map((name) => ({ name, shards: SHARDS })),
    }],
  });
  let events = 0;
  await using well = HecEmulator.start({ store: "none", onEvent: () => events++ });
  await using dead = HecEmulator.start({ store: "none" });
  if (other === "gone") await dead[Symbol.asyncDispose]();
  if (other === "silent") dead.rule = () => faults.hang();
  if (other === "busy") dead.rule = () => faults.busy();
  await Deno.writeTextFile(
    `${folder}/c.yaml`,
    stringify({
      workers,
      memory_budget: memory,
      sls: { endpoint: sls.url, credentials: { access_key_id: "id", access_key_secret: "secret" } },
      consumer: { group: "g" },
      hec: { url: well.url, token: well.token },
      sources: [
        { project: PROJECT, logstore: "well" },
        { project: PROJECT, logstore: "other", hec: { url: dead.url, token: dead.token } },
      ],
      log: { level: "error", file: "log" },
      drain_timeout: "1s",
    }),
  );
  const append = (logstore: string) => {
    for (let shard = 0; shard < SHARDS; shard++) {
      for (let n = 0; n < groups; n++) {
        sls.data.append({ project: PROJECT, logstore, shard }, group.bytes);
      }
    }
  };
  if (other !== "no logs") append("other");
  const program = new Forwarder(["-c", "c.yaml"], {}, folder);
  try {
    // The other source first: its pages have what they can get when those of this one come.
    await new Promise((resolve) => setTimeout(resolve, 4000));
    append("well");
    const beginMs = performance.now();
    const all = groups * SHARDS * group.logs;
    await until("all events", LIMIT_MS, () => events >= all);
    return groups * SHARDS * group.bytes.length / 1000 / (performance.now() - beginMs);
  } finally {
    program.kill("SIGKILL");
    await program.ended();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Logs of about a kilobyte. */
function groupOf(bytes: number) {
  const text = "some words of a log ".repeat(48);
  const contents = (i: number): [string, string][] => [["msg", `${i * 7919} ${text}`]];
  const logs = Array.from({ length: bytes / 1000 }, (_, i) => ({
    timeSec: 1_759_739_400,
    contents: contents(i),
  }));
  return { logs: logs.length, bytes: encodeLogGroup({ logs }) };
}
