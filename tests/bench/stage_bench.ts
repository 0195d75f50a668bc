/**
 * Measures each stage of the hot line alone, on pages of many kinds: raw megabytes per CPU-second, and the ratio
 * to a fixed kernel (node:zlib gzip level 1 on 1 MB of events) timed in turns with it. On shared machines only
 * the ratio can be compared between runs. Stages: lz4 and zstd open a body, lz4
 * with the reading of its frame; batch transcodes a page into batches
 * of 1 MB; gzip compresses their events with the core's encoder, zlib with the standard one; all is lz4, batch
 * and gzip; turns is all of 16 shards that take turns, each with its own body.
 *
 *   --only TEXT   pages whose name has the text
 *   --json FILE   writes the figures there
 */
import { mappingOf } from "../core/short_mapping.ts";
import process from "node:process";
import { parseArgs } from "node:util";
import { compress } from "../../src/emulator/core/sls/compression.ts";
import { core } from "../../src/core/core.ts";
import { BatchBuffer } from "../../src/core/batch_buffer.ts";
import { gzip } from "../../src/core/gzip.ts";
import { PageTranscoder } from "../../src/pipeline/page_transcoder.ts";
import { openPage } from "../../src/sls/decompress.ts";
import { Kernel } from "./e2e/kernel.ts";
import { type StagePage, stagePages } from "./stage_pages.ts";

const WINDOWS = 11;
const WINDOW_CPU_SEC = 0.1;
/** Shards whose pages take turns. */
const SHARDS = 16;

interface Figure {
  readonly page: string;
  readonly stage: string;
  readonly rawMbPerCpuSec: number;
  readonly ratioToKernel: number;
  /** Bytes of events for each of the body; 0 where nothing is compressed. */
  readonly compression: number;
}

const { values } = parseArgs({
  args: Deno.args,
  options: { only: { type: "string", default: "" }, json: { type: "string" } },
});
const kernel = new Kernel();
const figures: Figure[] = [];
console.log("page                         stage   MB/CPU-s  ratio  compression");
for (const page of stagePages()) {
  if (!page.name.includes(values.only)) continue;
  for (const [stage, run] of stagesOf(page)) report(measure(page, stage, run));
}
if (values.json !== undefined) {
  await Deno.writeTextFile(values.json, `${JSON.stringify(figures, undefined, 2)}\n`);
}

/** The work of each stage. @returns bytes before and behind compression, if there is one. */
function* stagesOf(
  page: StagePage,
): Generator<[stage: string, run: () => { plain: number; packed: number }]> {
  const { raw, groups } = page;
  const none = { plain: 0, packed: 0 };
  const bodies = { lz4: compress("lz4", raw), zstd: compress("zstd", raw) };
  yield ["zstd", () => {
    openPage(bodies.zstd, "zstd", raw.length);
    return none;
  }];
  const newLine = () =>
    new PageTranscoder(
      mappingOf({
        source: "sls:p/l",
        sourcetype: "aliyun:sls",
        index: "main",
        eventFormat: "object",
        expandJson: { actiontrail_audit_event: ["event"] },
        eventIdPrefix: "p/l/0/",
      }),
      { maxBytes: 1_000_000, maxEvents: 5000, maxEventBytes: 4_900_000 },
    );
  const newShard = () => ({ line: newLine(), draft: new BatchBuffer(), lz4: bodies.lz4.slice() });
  const alone = newShard();
  const begin = ({ line, lz4 }: typeof alone, isLz4: boolean) => {
    const body = isLz4 ? lz4 : raw;
    const of = { cursor: "MTAw", nextCursor: "MTAx", unfiltered: true, [Symbol.dispose]: () => {} };
    line.begin({ kind: "page", body, isLz4, rawBytes: raw.length, groupCount: groups, ...of });
  };
  yield ["lz4", () => {
    begin(alone, true);
    return none;
  }];
  const batches = (
    each: (events: Uint8Array<ArrayBuffer>) => void,
    isLz4 = false,
    shard = alone,
  ) => {
    begin(shard, isLz4);
    const { line, draft } = shard;
    for (let end: ReturnType<PageTranscoder["fill"]> = "full"; end !== "page_end";) {
      core.clear(draft);
      end = line.fill(draft);
      each(core.eventsOf(draft));
    }
  };
  const packing = (
    source: (each: (events: Uint8Array<ArrayBuffer>) => void) => void,
    how: true | "zlib",
  ) => {
    let plain = 0;
    let packed = 0;
    source((events) => {
      plain += events.length;
      packed += gzip(events, how).length;
    });
    return { plain, packed };
  };
  yield ["batch", () => {
    batches(() => {});
    return none;
  }];
  const kept: Uint8Array<ArrayBuffer>[] = [];
  batches((events) => kept.push(events.slice()));
  yield ["gzip", () => packing((each) => kept.forEach(each), true)];
  yield ["zlib", () => packing((each) => kept.forEach(each), "zlib")];
  yield ["all", () => {
    return packing((each) => batches(each, true), true);
  }];
  const shards = Array.from({ length: SHARDS }, newShard);
  let turn = 0;
  yield ["turns", () => {
    const shard = shards[turn++ % SHARDS]!;
    return packing((each) => batches(each, true, shard), true);
  }];
}

function measure(
  page: StagePage,
  stage: string,
  run: () => { plain: number; packed: number },
): Figure {
  const { plain, packed } = run();
  const rates: number[] = [];
  const ratios: number[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    const rate = rateOf(page.raw.length, run);
    rates.push(rate);
    ratios.push(rate / kernel.rate(WINDOW_CPU_SEC));
  }
  return {
    page: page.name,
    stage,
    rawMbPerCpuSec: median(rates),
    ratioToKernel: median(ratios),
    compression: packed === 0 ? 0 : plain / packed,
  };
}

function rateOf(bytes: number, work: () => void): number {
  const start = process.cpuUsage();
  for (let done = bytes;; done += bytes) {
    work();
    const { user, system } = process.cpuUsage(start);
    const cpuSec = (user + system) / 1e6;
    if (cpuSec >= WINDOW_CPU_SEC) return done / 1e6 / cpuSec;
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function report(figure: Figure): void {
  figures.push(figure);
  const { page, stage, rawMbPerCpuSec, ratioToKernel, compression } = figure;
  console.log(
    page.padEnd(29) + stage.padEnd(6) + rawMbPerCpuSec.toFixed(0).padStart(10) +
      ratioToKernel.toFixed(2).padStart(7) +
      (compression === 0 ? "-" : compression.toFixed(2)).padStart(13),
  );
}
