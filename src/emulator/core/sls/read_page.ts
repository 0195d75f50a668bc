import { framedBytes } from "./frame_messages.ts";
import type { SplStage } from "../../sls/spl.ts";
import { runSpl } from "../../sls/run_spl.ts";
import type { ShardLog } from "./shard_log.ts";

/** Which groups of a shard to read. Positions count the groups written before. */
export interface PageOptions {
  readonly from: number;
  /** Where to stop, exclusive. */
  readonly until: number;
  readonly maxGroups: number;
  /** Bound of the page's bytes before any query; one group is read even above it. */
  readonly maxBytes: number;
  /** The query, if there is one. */
  readonly stages: readonly SplStage[] | undefined;
}

/** What was read. */
export interface Page {
  /** Encoded groups, after the query. */
  readonly groups: Uint8Array[];
  /** The position to read on from. */
  readonly next: number;
  /** Bytes of the groups before the query, as a list of them would be sent. */
  readonly scannedBytes: number;
  /** Logs before the query, after it, and those it failed on; 0 without a query. */
  readonly lines: number;
  readonly resultLines: number;
  readonly failedLines: number;
}

/** Reads a page. The cursor moves over everything that was looked at, whatever the query leaves. */
export function readPage(log: ShardLog, options: PageOptions): Page {
  const { from, maxGroups, maxBytes, stages } = options;
  const until = Math.min(options.until, from + maxGroups);
  const groups: Uint8Array[] = [];
  let next = from, scannedBytes = 0, lines = 0, resultLines = 0, failedLines = 0;
  for (; next < until; next++) {
    const group = log.groupAt(next);
    const bytes = framedBytes(group.length);
    if (next > from && scannedBytes + bytes > maxBytes) break;
    scannedBytes += bytes;
    if (!stages) {
      groups.push(group);
      continue;
    }
    const result = runSpl(stages, group);
    lines += result.lines;
    resultLines += result.resultLines;
    failedLines += result.failedLines;
    if (result.group) groups.push(result.group);
  }
  return { groups, next, scannedBytes, lines, resultLines, failedLines };
}
