import { framedBytes } from "./frame_messages.ts";
import type { ShardLog } from "./shard_log.ts";

/** What a query leaves of one log group. */
export interface QueryResult {
  /** The group with its header fields unchanged; undefined if no log is left. */
  readonly group: Uint8Array | undefined;
  /** Logs before. */
  readonly lines: number;
  /** Logs after. */
  readonly resultLines: number;
  /** Logs on which the query failed; they are dropped. */
  readonly failedLines: number;
}

/** Runs a query over one encoded log group. */
export type PageQuery = (group: Uint8Array) => QueryResult;

/** Which groups of a shard to read. A position is the number of groups written before it. */
interface PageOptions {
  readonly from: number;
  /** Where to stop, exclusive. */
  readonly until: number;
  readonly maxGroups: number;
  /** Bound of the page's bytes before any query; the first group is read even above it. */
  readonly maxBytes: number;
  readonly query: PageQuery | undefined;
}

/** What was read. */
export interface Page {
  /** Encoded groups, after the query. */
  readonly groups: Uint8Array[];
  /** The position of the next page. */
  readonly next: number;
  /** Bytes of the groups before the query, as a list of them would be sent. */
  readonly scannedBytes: number;
  /** Logs before the query, after it, and those it failed on; 0 without a query. */
  readonly lines: number;
  readonly resultLines: number;
  readonly failedLines: number;
}

/** Reads a page. The cursor moves over every group that was read, whatever the query leaves of it. */
export function readPage(log: ShardLog, options: PageOptions): Page {
  const { from, maxGroups, maxBytes, query } = options;
  const until = Math.min(options.until, from + maxGroups);
  const groups: Uint8Array[] = [];
  let next = from, scannedBytes = 0, lines = 0, resultLines = 0, failedLines = 0;
  for (; next < until; next++) {
    const group = log.groupAt(next);
    const bytes = framedBytes(group.length);
    if (next > from && scannedBytes + bytes > maxBytes) break;
    scannedBytes += bytes;
    if (!query) {
      groups.push(group);
      continue;
    }
    const result = query(group);
    lines += result.lines;
    resultLines += result.resultLines;
    failedLines += result.failedLines;
    if (result.group) groups.push(result.group);
  }
  return { groups, next, scannedBytes, lines, resultLines, failedLines };
}
