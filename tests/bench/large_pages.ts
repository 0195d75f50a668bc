/**
 * Pages of 19.8 MB of several sources through the whole program as a process: what is lost (nothing must be) and how
 * much memory it needs at most. `--sources N`, `--shards N` of each, `--pages N` of each shard, `--workers N`, `--program FILE` for an
 * executable. Linux only: it reads /proc.
 */
import { parseArgs } from "node:util";
import { forwardLargePages } from "../support/large_pages.ts";

const { values } = parseArgs({
  options: {
    sources: { type: "string", default: "5" },
    shards: { type: "string", default: "4" },
    pages: { type: "string", default: "4" },
    workers: { type: "string", default: "2" },
    program: { type: "string" },
  },
});
const { log, ...result } = await forwardLargePages({
  sources: Number(values.sources),
  shards: Number(values.shards),
  pages: Number(values.pages),
  workers: Number(values.workers),
  program: values.program,
  patienceMs: 600_000,
});
console.log(result);
const isWhole = result.delivered === result.written && result.code === 0;
if (!isWhole) console.error(log);
Deno.exit(isWhole ? 0 : 1);
