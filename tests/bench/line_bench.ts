/**
 * Measures the hot line alone: open (lz4), transcode, gzip. Prints raw MB per CPU-second, CPU-seconds per GB,
 * and the ratio to a fixed kernel (node:zlib gzip level 1 on 1 MB of events) timed in the same windows: on
 * shared machines only the ratio can be compared between runs.
 */
import process from "node:process";
import zlib from "node:zlib";
import { Batch } from "../../src/hec/batch.ts";
import { encodeLz4Block } from "../../src/emulator/sls/encode_lz4_block.ts";
import { PageLine } from "../../src/pipeline/page_line.ts";
import { openPage } from "../../src/sls/decompress.ts";
import { makePage } from "./pages.ts";

const WINDOWS = 11;
const WINDOW_CPU_SEC = 0.3;
const PAGE_BYTES = 4_000_000;

function cpuSec(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** MB per CPU-second of repeating `work`, which handles `bytes` each time. */
function rate(bytes: number, work: () => void): number {
  const start = cpuSec();
  let done = 0;
  do {
    work();
    done += bytes;
  } while (cpuSec() - start < WINDOW_CPU_SEC);
  return done / 1e6 / (cpuSec() - start);
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

for (const topic of ["nginx", "actiontrail_audit_event", "waf_access_log", "vpc_flow_log"]) {
  const { raw, groups } = makePage(topic, PAGE_BYTES);
  const body = encodeLz4Block(raw);
  const target = new Uint8Array(raw.length);
  const line = new PageLine({
    source: "sls:p/l",
    sourcetype: "aliyun:sls",
    index: "main",
    eventFormat: "object",
    expandJson: { actiontrail_audit_event: ["event"] },
    eventIdPrefix: "p/l/0/",
  }, { maxBytes: 1_000_000, maxEvents: 5000, maxEventBytes: 4_900_000 });
  const batch = new Batch(1 << 21);

  const run = (gzip: boolean) => {
    const page = openPage(body, "lz4", raw.length, target);
    line.begin({
      kind: "page",
      cursor: "MTAw",
      nextCursor: "MTAx",
      groupCount: groups,
      raw: page,
      unfiltered: true,
      release: () => {},
    });
    for (let end: ReturnType<PageLine["fill"]> = "full"; end !== "page_end";) {
      batch.clear();
      end = line.fill(batch);
      if (gzip) zlib.gzipSync(batch.bytes(), { level: 1 });
    }
  };
  run(false);
  const kernelInput = new Uint8Array(1_000_000);
  for (let at = 0; at < kernelInput.length;) {
    const part = batch.bytes().subarray(0, kernelInput.length - at);
    kernelInput.set(part, at);
    at += part.length;
  }
  const kernel = () => zlib.gzipSync(kernelInput, { level: 1 });

  for (
    const [name, work] of [["open+transcode", () => run(false)], [
      "open+transcode+gzip",
      () => run(true),
    ]] as const
  ) {
    work();
    const rates: number[] = [];
    const ratios: number[] = [];
    for (let window = 0; window < WINDOWS; window++) {
      const mbPerSec = rate(raw.length, work);
      rates.push(mbPerSec);
      ratios.push(mbPerSec / rate(kernelInput.length, kernel));
    }
    const mbPerSec = median(rates);
    console.log(
      `${topic.padEnd(24)}${name.padEnd(22)}${mbPerSec.toFixed(0).padStart(5)} MB/CPU-s  ` +
        `${(1000 / mbPerSec).toFixed(2).padStart(6)} CPU-s/GB  ratio ${median(ratios).toFixed(2)}`,
    );
  }
}
