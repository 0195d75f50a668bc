/** What became of some logs. Every log that SLS sent is counted once: as delivered, parked or filtered. */
export interface LogCounts {
  /** Accepted by HEC. */
  readonly delivered: number;
  /** Kept aside as dead letters. */
  readonly parked: number;
  /** Left out by the source's query or processor before they came, as far as SLS says. */
  readonly filtered: number;
  /** Those of the filtered on which the query failed. */
  readonly queryFailed: number;
  /** Logs with a time before 1990 or more than a day ahead; they are also counted as what became of them. */
  readonly oddTimes: number;
  /** Pages whose logs are counted here. */
  readonly pages: number;
  /** Bytes of the pages, decompressed. */
  readonly rawBytes: number;
  /** Bytes of the events made of them, before gzip. */
  readonly eventBytes: number;
  /** Requests that were sent again. */
  readonly resends: number;
  /** Requests whose acknowledgement did not come in time. */
  readonly ackTimeouts: number;
}

/** The counts of nothing: where sums begin. */
export const NO_LOGS: LogCounts = {
  delivered: 0,
  parked: 0,
  filtered: 0,
  queryFailed: 0,
  oddTimes: 0,
  pages: 0,
  rawBytes: 0,
  eventBytes: 0,
  resends: 0,
  ackTimeouts: 0,
};

/** The sum of two counts, field by field. */
export function addCounts(a: LogCounts, b: LogCounts): LogCounts {
  return {
    delivered: a.delivered + b.delivered,
    parked: a.parked + b.parked,
    filtered: a.filtered + b.filtered,
    queryFailed: a.queryFailed + b.queryFailed,
    oddTimes: a.oddTimes + b.oddTimes,
    pages: a.pages + b.pages,
    rawBytes: a.rawBytes + b.rawBytes,
    eventBytes: a.eventBytes + b.eventBytes,
    resends: a.resends + b.resends,
    ackTimeouts: a.ackTimeouts + b.ackTimeouts,
  };
}

/** Number of logs that SLS read: fetched = delivered + filtered + parked. */
export function fetchedLogs({ delivered, filtered, parked }: LogCounts): number {
  return delivered + filtered + parked;
}
