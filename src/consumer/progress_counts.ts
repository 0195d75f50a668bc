import type { PageReport } from "./ports.ts";

/** What became of the logs of some pages. */
export interface ProgressCounts {
  readonly delivered: number;
  readonly parked: number;
  /** Bytes of the pages as they came, opened. */
  readonly rawBytes: number;
  /** What SLS read for them before a query or processor left some out; left out where it did not say for each. */
  readonly readLogs?: number | undefined;
  readonly readBytes?: number | undefined;
  /** Whether there is a query or processor. */
  readonly queried: boolean;
}

export const NO_LOGS: ProgressCounts = {
  delivered: 0,
  parked: 0,
  rawBytes: 0,
  readLogs: 0,
  readBytes: 0,
  queried: false,
};

/** The counts with one page more. */
export function addPage(counts: ProgressCounts, report: PageReport): ProgressCounts {
  const { delivered, parked, rawBytes, beforeQuery } = report;
  const read = beforeQuery ?? { logs: delivered + parked, bytes: rawBytes };
  return {
    delivered: counts.delivered + delivered,
    parked: counts.parked + parked,
    rawBytes: counts.rawBytes + rawBytes,
    readLogs: sum(counts.readLogs, read.logs),
    readBytes: sum(counts.readBytes, read.bytes),
    queried: counts.queried || beforeQuery !== undefined,
  };
}

/** What is not known of one is not known of all. */
function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}
