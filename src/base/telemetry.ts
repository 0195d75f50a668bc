/**
 * Everything the program reports about itself while it runs. Call sites say what happened; what becomes of it (a line of
 * the log) is decided in one place. Never a secret, never a log's content.
 */
export type TelemetryEvent =
  /** A consumer group is joined; its shards come with the heartbeats. */
  | {
    readonly type: "source_ready";
    readonly source: string;
    readonly group: string;
    readonly consumer: string;
    readonly groupTimeoutMs: number;
    readonly heartbeatIntervalMs: number;
    /** What was done to the group, such as `created it`. */
    readonly how: string;
  }
  /** An existing group has other settings than the configuration; the group's own are used. */
  | {
    readonly type: "group_differs";
    readonly source: string;
    readonly group: string;
    /** In words. */
    readonly differences: string;
  }
  /** What was delivered of a source since the last report, and how far behind its shards are. */
  | ({
    readonly type: "progress";
    /** Number of shards that this process owns, or owned when SLS stopped answering. */
    readonly shards: number;
    /** Number of those behind that SLS has not answered for lately: there may be more to read. */
    readonly silent?: number;
    /** The shard that lags most. */
    readonly lagShard?: number | undefined;
    /** Age of its oldest undelivered log; an upper bound while SLS does not answer. */
    readonly lagSec?: number | undefined;
    /** Number of shards whose lag is not known. */
    readonly lagUnknown?: number | undefined;
    /** The rates that held it up. */
    readonly limitedBy?: readonly RateUse[];
  } & DeliveredLogs)
  /** What was delivered of a source from the start of the program to its end. */
  | ({ readonly type: "summary" } & DeliveredLogs)
  /** A logstore that a pattern matches is read from now on. */
  | {
    readonly type: "source_added";
    readonly source: string;
    /** Name of the pattern. */
    readonly pattern: string;
    /** Where its shards without a checkpoint start: `begin`, `end`, or a time. */
    readonly start: string;
  }
  /** A logstore that a pattern matches does not exist any more, and is not read. */
  | { readonly type: "source_removed"; readonly source: string; readonly pattern: string }
  /** A source has stopped and given its shards back. */
  | {
    readonly type: "source_released";
    readonly source: string;
    /** Number of shards whose pulled logs could not all be delivered in time. */
    readonly undelivered: number;
  }
  /** The server has granted shards to this process. */
  | { readonly type: "shards_granted"; readonly source: string; readonly shards: readonly number[] }
  /** A shard begins to be read. */
  | {
    readonly type: "shard_started";
    readonly source: string;
    readonly shard: number;
    readonly cursor: string;
    /** Where the cursor comes from, such as `checkpoint` or `begin`. */
    readonly from: string;
  }
  /** A shard is no longer read by this process. */
  | {
    readonly type: "shard_ended";
    readonly source: string;
    readonly shard: number;
    /** `gone`: SLS does not know the shard; `abandoned`: pulled logs could not all be delivered in time. */
    readonly how: "released" | "lost" | "gone" | "abandoned";
    /** The program stops, and `source_released` will follow. */
    readonly atStop?: true;
  }
  /** A split or merged shard is read to its end, and its checkpoint is written there. */
  | { readonly type: "shard_finished"; readonly source: string; readonly shard: number }
  /** Other consumers may have these shards now: nothing more is written for them. */
  | {
    readonly type: "leases_lost";
    readonly source: string;
    readonly shards: readonly number[];
    readonly reason: string;
  }
  /** A checkpoint was written. */
  | {
    readonly type: "checkpoint_written";
    readonly source: string;
    readonly shard: number;
    readonly cursor: string;
  }
  /** How long logs are kept cannot be read: there will be no warning before they expire unread. */
  | {
    readonly type: "retention_unknown";
    readonly source: string;
    readonly message: string;
    readonly hint: string;
  }
  /** A shard lags nearly as far behind as its logs are kept. */
  | {
    readonly type: "retention_near";
    readonly source: string;
    readonly shard: number;
    readonly lagSec: number;
    readonly retentionSec: number;
  }
  /** A checkpoint cannot be used, for example because its logs expired before they were read. */
  | {
    readonly type: "gap";
    readonly source: string;
    readonly shard: number;
    readonly reason: "expired" | "malformed" | "foreign";
    readonly lostCursor: string;
    readonly resumedCursor: string;
    readonly message: string;
  }
  /** Every log of a page is delivered, filtered or parked. */
  | {
    readonly type: "page_delivered";
    readonly source: string;
    readonly shard: number;
    readonly logs: number;
    /** Bytes of the page, decompressed. */
    readonly rawBytes: number;
    /** Bytes of the events made from it. */
    readonly eventBytes: number;
  }
  /** Something in the configuration works and is probably a mistake. */
  | {
    readonly type: "config_warning";
    /** `sls2hec.yaml:7:12: sources[0].index`. */
    readonly place: string;
    readonly message: string;
    readonly hint: string;
  }
  /** Batches are made smaller than `hec.batch.max_bytes`, because of the way in which HEC is reached. */
  | { readonly type: "batches_limited"; readonly maxBytes: number; readonly why: string }
  /** Events were sent to the fallback index of a source whose events name several indexes. */
  | {
    readonly type: "index_fallback";
    readonly source: string;
    /** The token does not allow the index that they name, or no index can have the name that they would get. */
    readonly cause: "refused" | "impossible";
    /** Number of such events; in the log, since the last line about them. */
    readonly events: number;
    readonly fallbackIndex: string;
  }
  /** An event that HEC will never accept is kept aside, and would survive a power cut. */
  | {
    readonly type: "parked";
    readonly source: string;
    readonly shard: number;
    /** Of the page that contained its log. */
    readonly cursor: string;
    readonly reason: "refused" | "too_large" | "oversize" | "malformed";
    /** HTTP status of the refusal; 0 when it was not sent. */
    readonly status: number;
    /** HEC's code, if the answer had one. */
    readonly code: number | undefined;
    /** HEC's text, or why it was not sent. */
    readonly text: string;
    readonly folder: string;
  }
  /** A collector answers. */
  | {
    readonly type: "hec_checked";
    readonly url: string;
    /** False: only the first events will show it. */
    readonly takesToken: boolean;
    /** Where the token is written, such as `sources[1].hec`; left out for the one of all sources. */
    readonly options?: string;
  }
  /** The token and all logs are sent unencrypted. */
  | { readonly type: "hec_unencrypted"; readonly url: string }
  /** All logs are read unencrypted. */
  | { readonly type: "sls_unencrypted"; readonly url: string }
  /** The collector's certificate is not verified. */
  | { readonly type: "hec_unverified"; readonly url: string }
  /** The collector's certificate has version 1: whether the collector has its key is not verified. */
  | { readonly type: "hec_key_unproven"; readonly url: string }
  /** Credentials, a token or certificates have been replaced, and the new ones are used. */
  | { readonly type: "renewed"; readonly about: string }
  /** The permissions that are left after the program dropped the others. */
  | { readonly type: "narrowed"; readonly may: readonly string[] }
  /** Where shards are read and delivered. */
  | {
    readonly type: "data_plane";
    /** Most workers; 0 for the main isolate. */
    readonly workers: number;
    /** All that they may connect to. */
    readonly hosts: readonly string[];
  }
  /** Something failed. */
  | {
    readonly type: "trouble";
    /** Names what is tried, the same for each try. */
    readonly about: string;
    readonly message: string;
    readonly hint: string;
    /** Until the next try; 0 when there is none, or when it begins at once. */
    readonly retryInMs: number;
    /** Set when nothing gets better without the operator: the source keeps its logs and waits. */
    readonly held?: boolean;
    /** Why, where many may fail for the same reason: these are reported as one. Left out: it is reported by itself. */
    readonly cause?: TroubleCause | undefined;
    /** What it affects, for the count of shards and sources; left out where it is neither. */
    readonly source?: string | undefined;
    readonly shard?: number | undefined;
    /** How often it is logged while it lasts; a minute when left out. */
    readonly repeatAfterMs?: number;
  }
  /** What has failed works again. */
  | { readonly type: "recovered"; readonly about: string };

/** A reason that many may fail for. */
export interface TroubleCause {
  /** What has failed, as a message names it, such as `SLS at cn-hangzhou.log.aliyuncs.com`. */
  readonly what: string;
  /** Kind or code of the failure, the same for each try, such as `network`. */
  readonly kind: string;
}

/** A rate that has held up a source. */
export interface RateUse {
  /** The option that sets it, such as `hec.rate`. */
  readonly rate: string;
  readonly bytesPerSec: number;
  /** How long at least one pull waited for it since the last report. */
  readonly waitedSec: number;
}

/** What became of a source's logs in some seconds. */
export interface DeliveredLogs {
  readonly source: string;
  readonly seconds: number;
  readonly delivered: number;
  readonly parked: number;
  /** Bytes of their pages, decompressed. */
  readonly rawBytes: number;
  /** Whether SLS ran a query or processor. */
  readonly queried: boolean;
  /** Logs that SLS read before that; left out where it does not say. */
  readonly readLogs?: number | undefined;
  /** Bytes that SLS read before that; left out where it does not say. */
  readonly readBytes?: number | undefined;
  /** Number of shards that have, or had at the end, more to read. */
  readonly behind: number;
}

/** Where reports go. Must not throw and must not wait. */
export type Telemetry = (event: TelemetryEvent) => void;
