import { systemClock } from "../../../src/base/clock.ts";
import { HecEmulator } from "../../../src/emulator/hec/hec_emulator.ts";
import { encodeLogGroup } from "../../../src/emulator/core/sls/encode_log_group.ts";
import { SlsEmulator } from "../../../src/emulator/sls/sls_emulator.ts";
import { Forwarder } from "../../support/forwarder.ts";

const SHARDS = 4;
const KEY = { id: "id", secret: "secret" };
const TOKEN = "token";
/** So often a log is written to one of the shards. */
const EVERY_MS = 20;
const WARM_UP_MS = 3000;
const decoder = new TextDecoder();

/** Seconds from the moment SLS has a log to the moment HEC has it, of a program that is caught up. */
export interface Latency {
  readonly logs: number;
  readonly p50Sec: number;
  readonly p99Sec: number;
}

/** Runs the program with its default settings between the emulators, and writes a log now and then. */
export async function measureLatency(
  seconds: number,
  executable: string | undefined,
): Promise<Latency> {
  const writtenMs: number[] = [];
  const latenciesSec: number[] = [];
  await using sls = SlsEmulator.start({
    accessKeys: [KEY],
    projects: [{ name: "p", logstores: [{ name: "l", shards: SHARDS }] }],
    clock: systemClock,
  });
  await using hec = HecEmulator.start({
    tokens: [{ token: TOKEN, name: "bench" }],
    clock: systemClock,
    store: "none",
    onEvent: ({ body, start, end }) => {
      const id = /"id":"(\d+)"/.exec(decoder.decode(body.subarray(start, end)))?.[1];
      latenciesSec.push((performance.now() - (writtenMs[Number(id)] ?? NaN)) / 1000);
    },
  });
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-bench-" });
  try {
    const program = new Forwarder(
      [],
      {
        SLS_ENDPOINT: sls.url,
        SLS_AK_ID: KEY.id,
        SLS_AK_KEY: KEY.secret,
        SLS_PROJECT: "p",
        SLS_LOGSTORE: "l",
        SLS_CG: "bench",
        SPLUNK_HEC_URL: hec.url,
        SPLUNK_HEC_TOKEN: TOKEN,
      },
      folder,
      executable,
    );
    await systemClock.sleep(WARM_UP_MS);
    const endMs = performance.now() + seconds * 1000;
    while (performance.now() < endMs) {
      const id = writtenMs.push(performance.now()) - 1;
      sls.data.append(
        { project: "p", logstore: "l", shard: id % SHARDS },
        encodeLogGroup({
          topic: "latency",
          logs: [{ timeSec: Math.floor(Date.now() / 1000), contents: [["id", String(id)]] }],
        }),
      );
      await systemClock.sleep(EVERY_MS);
    }
    program.kill("SIGTERM");
    const { code, log } = await program.ended();
    if (code !== 0) throw new Error(`The program ended with ${code}:\n${log}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  latenciesSec.sort((a, b) => a - b);
  const at = (share: number) => latenciesSec[Math.floor(latenciesSec.length * share)] ?? NaN;
  return { logs: latenciesSec.length, p50Sec: at(0.5), p99Sec: at(0.99) };
}
