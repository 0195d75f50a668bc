import { encodeLogGroup } from "../../src/emulator/core/sls/encode_log_group.ts";
import { HecEmulator } from "../../src/emulator/hec/hec_emulator.ts";
import { SlsEmulator } from "../../src/emulator/sls/sls_emulator.ts";
import { residentMb } from "../bench/e2e/process_usage.ts";
import { Forwarder, until } from "./forwarder.ts";
import { seededRandom } from "./seeded_random.ts";

const MIB = 1024 * 1024;
const PROJECT = "p";
const TOKEN = "token";
/** Log groups of a page: SLS takes 5 MB for one. */
const GROUPS_PER_PAGE = 4;
const LOG_BYTES = 2000;
const LOGS_PER_GROUP = Math.floor(4.75 * MIB / LOG_BYTES);
const LOGS_PER_PAGE = LOGS_PER_GROUP * GROUPS_PER_PAGE;

export interface LargePagesOptions {
  readonly sources: number;
  /** Of each source. */
  readonly shards: number;
  /** Of each shard, 19.8 MB each before compression. */
  readonly pages: number;
  readonly workers: number;
  /** An executable; without it Deno runs the sources. */
  readonly program?: string | undefined;
  readonly patienceMs: number;
}

export interface LargePagesResult {
  readonly written: number;
  /** Different logs that HEC has taken. */
  readonly delivered: number;
  readonly duplicates: number;
  /** Largest page that was pulled, in bytes before compression. */
  readonly largestPageBytes: number;
  readonly rawMb: number;
  readonly peakResidentMb: number;
  readonly code: number;
  readonly log: string;
}

/** The whole program as a process, with a memory budget of 32 MB, on several sources whose pages are as large as SLS makes them. Linux only. */
export async function forwardLargePages(options: LargePagesOptions): Promise<LargePagesResult> {
  const { sources, shards, pages, workers, program, patienceMs } = options;
  const logstores = Array.from({ length: sources }, (_, n) => ({ name: `l${n}`, shards }));
  const folder = await Deno.makeTempDir({ prefix: "sls2hec-large-pages-" });
  try {
    const seen = new Set<string>();
    let events = 0;
    await using hec = HecEmulator.start({
      tokens: [{ token: TOKEN, name: "large" }],
      store: "none",
      onEvent: ({ fields }) => {
        events++;
        seen.add(String(fields?.sls_id)); // the place of the log: source, shard, cursor and number
      },
    });
    await using sls = SlsEmulator.start({
      accessKeys: [{ id: "id", secret: "secret" }],
      projects: [{ name: PROJECT, logstores }],
      limits: { pageMaxBytes: 20 * MIB },
    });
    let largestPageBytes = 0;
    sls.onPull(({ rawBytes }) => largestPageBytes = Math.max(largestPageBytes, rawBytes));
    const group = largeGroup(); // the same for all: it is kept once
    for (const { name } of logstores) {
      for (let shard = 0; shard < shards; shard++) {
        for (let n = 0; n < pages * GROUPS_PER_PAGE; n++) {
          sls.data.append({ project: PROJECT, logstore: name, shard }, group);
        }
      }
    }
    const written = sources * shards * pages * LOGS_PER_PAGE;
    await Deno.writeTextFile(
      `${folder}/c.yaml`,
      JSON.stringify({
        sls: {
          endpoint: sls.url,
          credentials: { access_key_id: "id", access_key_secret: "secret" },
        },
        workers,
        memory_budget: "32MB",
        consumer: { group: "large" },
        hec: { url: hec.url, token: TOKEN },
        sources: logstores.map(({ name }) => ({ project: PROJECT, logstore: name })),
        log: { level: "warning" },
      }),
    );
    const forwarder = new Forwarder(["-c", "c.yaml"], {}, folder, program);
    let peakResidentMb = 0;
    try {
      await until("delivery", patienceMs, () => seen.size === written);
      peakResidentMb = residentMb(forwarder.pid).peak;
    } finally {
      forwarder.kill("SIGTERM");
    }
    const { code, log } = await forwarder.ended();
    return {
      written,
      delivered: seen.size,
      duplicates: events - seen.size,
      largestPageBytes,
      rawMb: sources * shards * pages * GROUPS_PER_PAGE * group.length / 1e6,
      peakResidentMb,
      code,
      log,
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Text of chance, which hardly compresses: the body of a page is nearly as large as what is in it. */
function largeGroup(): Uint8Array<ArrayBuffer> {
  const random = seededRandom(20);
  const text = () => {
    const bytes = Uint8Array.from({ length: LOG_BYTES * 3 / 4 }, () => Math.floor(random() * 256));
    return bytes.toBase64().slice(0, LOG_BYTES - 40);
  };
  const logs = Array.from({ length: LOGS_PER_GROUP }, (_, n) => ({
    timeSec: 1_759_739_400 + n,
    contents: [["message", text()]] as [string, string][],
  }));
  return encodeLogGroup({ source: "10.0.0.1", logs });
}
