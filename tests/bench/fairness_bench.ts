/**
 * Shows that a busy source never starves a quiet one: the whole program as a process between emulators on loopback, two
 * sources on one collector, one of which has a hundred times as many logs, and more than can be sent. Prints how long
 * the logs of the quiet one take from being written to being accepted by HEC; ends with 1 when the 99th percentile is
 * over the target.
 * `--seconds N` for each run (default 20), `--only TEXT` for the runs whose name has that.
 */
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import * as faults from "../../src/emulator/hec/faults.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { Forwarder } from "../support/forwarder.ts";

const TOKEN = "token";
const PROJECT = "p";
const SHARDS = 4;
const TARGET_MS = 3000;
/** Of the whole: connections, groups and first pages. */
const WARM_UP_MS = 5000;
const WRITE_EVERY_MS = 100;
const LOUD_BYTES_PER_SEC = 12_000_000;
const QUIET_BYTES_PER_SEC = LOUD_BYTES_PER_SEC / 100;
/** Well below what the loud source writes. */
const RATE = "3MB";
/** With eight requests at a time of a quarter of a megabyte: 4 MB/s, and 16 requests. */
const SLOW_MS = 500;
const SLOW_HEC = { max_concurrent_requests: 8, batch: { max_bytes: "256KB" } };

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "20" }, only: { type: "string", default: "" } },
});
const seconds = Number(values.seconds);

interface Run {
  readonly name: string;
  readonly workers: number;
  readonly hec: Record<string, unknown>;
  /** How long HEC takes for a request. */
  readonly answerMs: number;
}

const runs = [0, 2].flatMap((workers): Run[] => [
  { name: `slow collector, workers ${workers}`, workers, hec: SLOW_HEC, answerMs: SLOW_MS },
  { name: `hec.rate ${RATE}, workers ${workers}`, workers, hec: { rate: RATE }, answerMs: 0 },
]).filter(({ name }) => name.includes(values.only));

console.log(
  `${"".padEnd(28)}loud MB/s   quiet logs    p50 ms    p99 ms    most ms   not yet accepted`,
);
let isOver = false;
for (const run of runs) isOver = await measure(run) || isOver;
Deno.exit(isOver ? 1 : 0);

/** Prints the latency of one run. @returns whether it is over the target. */
async function measure({ name, workers, hec: options, answerMs }: Run): Promise<boolean> {
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-fairness-" });
  await using sls = SlsEmulator.start({
    accessKeys: [{ id: "id", secret: "secret" }],
    projects: [{
      name: PROJECT,
      logstores: ["loud", "quiet"].map((name) => ({ name, shards: SHARDS })),
    }],
  });
  const accepted: { writtenMs: number; afterMs: number }[] = [];
  let loudBytes = 0;
  const beginMs = performance.now();
  await using hec = HecEmulator.start({
    tokens: [{ token: TOKEN, name: "fair", useAck: false }],
    store: "none",
    onEvent: ({ raw }) => {
      const [, at] = /"writtenMs":"([\d.]+)"/.exec(raw) ?? [];
      if (at === undefined) {
        if (performance.now() - beginMs > WARM_UP_MS) loudBytes += raw.length;
        return;
      }
      accepted.push({ writtenMs: Number(at), afterMs: performance.now() - Number(at) });
    },
  });
  if (answerMs > 0) hec.rule = () => faults.slow(answerMs);
  await Deno.writeTextFile(
    `${folder}/c.yaml`,
    stringify({
      workers,
      memory_budget: "32MB",
      sls: { endpoint: sls.url, credentials: { access_key_id: "id", access_key_secret: "secret" } },
      consumer: { group: "fair" },
      hec: { url: hec.url, token: TOKEN, ...options },
      sources: ["loud", "quiet"].map((logstore) => ({ project: PROJECT, logstore })),
      log: { level: "error" },
      drain_timeout: "1s",
    }),
  );
  const program = new Forwarder(["-c", "c.yaml"], {}, folder);
  let written = 0;
  try {
    const loud = loudGroup(LOUD_BYTES_PER_SEC * WRITE_EVERY_MS / 1000 / SHARDS);
    const endMs = beginMs + WARM_UP_MS + seconds * 1000;
    for (let round = 0; performance.now() < endMs; round++) {
      for (let shard = 0; shard < SHARDS; shard++) {
        sls.data.append({ project: PROJECT, logstore: "loud", shard }, loud);
      }
      const quiet = quietGroup(QUIET_BYTES_PER_SEC * WRITE_EVERY_MS / 1000);
      if (performance.now() - beginMs > WARM_UP_MS) written += quiet.logs;
      const shard = round % SHARDS;
      sls.data.append({ project: PROJECT, logstore: "quiet", shard }, quiet.bytes);
      const nextMs = beginMs + (round + 1) * WRITE_EVERY_MS;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, nextMs - performance.now())));
    }
    const loudMb = loudBytes / seconds / 1e6;
    await new Promise((resolve) => setTimeout(resolve, TARGET_MS));
    const waits = accepted.filter(({ writtenMs }) => writtenMs > beginMs + WARM_UP_MS)
      .map(({ afterMs }) => afterMs).sort((a, b) => a - b);
    const missing = Math.max(0, written - waits.length);
    // What has not come after the target's time is over it.
    while (waits.length < written) waits.push(Infinity);
    const percentile = (part: number) => waits[Math.floor((waits.length - 1) * part)] ?? Infinity;
    console.log(
      `${name.padEnd(28)}${loudMb.toFixed(1).padStart(9)}${String(written).padStart(13)}` +
        [percentile(0.5), percentile(0.99), percentile(1)]
          .map((ms) => ms.toFixed(0).padStart(10)).join("") +
        String(missing).padStart(19),
    );
    return percentile(0.99) > TARGET_MS;
  } finally {
    program.kill("SIGKILL");
    const { log } = await program.ended();
    if (log !== "") console.error(log.slice(0, 2000));
    await Deno.remove(folder, { recursive: true });
  }
}

/** Logs of about a kilobyte. */
function loudGroup(bytes: number): Uint8Array<ArrayBuffer> {
  const text = "loud ".repeat(190);
  const logs = Array.from({ length: Math.ceil(bytes / 1000) }, (_, i) => ({
    timeSec: Math.floor(Date.now() / 1000),
    contents: [["msg", `${i} ${text}`]] as [string, string][],
  }));
  return encodeLogGroup({ logs });
}

/** Logs of about a kilobyte, each of which says when it was written. */
function quietGroup(bytes: number): { bytes: Uint8Array<ArrayBuffer>; logs: number } {
  const text = "quiet ".repeat(160);
  const writtenMs = performance.now().toFixed(1);
  const logs = Array.from({ length: Math.ceil(bytes / 1000) }, () => ({
    timeSec: Math.floor(Date.now() / 1000),
    contents: [["writtenMs", writtenMs], ["msg", text]] as [string, string][],
  }));
  return { bytes: encodeLogGroup({ logs }), logs: logs.length };
}
