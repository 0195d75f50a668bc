/**
 * Everything the program reports about itself while it runs. Call sites say what happened; what becomes
 * of it (a log line, a metric) is decided in one place. Never a secret, never a log's content.
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
  /** An existing group has other settings than the configuration: the group's own hold. */
  | {
    readonly type: "group_differs";
    readonly source: string;
    readonly group: string;
    /** In words. */
    readonly differences: string;
  }
  /** What was delivered of a source in the last while, and how far behind its shards are. */
  | ({
    readonly type: "progress";
    /** Shards that this process holds, or held when SLS fell silent. */
    readonly shards: number;
    /** Of those behind, the ones that SLS has not answered for lately: there may be more to read. */
    readonly silent?: number;
    /** The one that lags most, and since when its oldest undelivered log is there; at most, while SLS does not answer. */
    readonly lagShard?: number | undefined;
    readonly lagSec?: number | undefined;
    /** Shards of which nothing is known. */
    readonly lagUnknown?: number | undefined;
  } & DeliveredLogs)
  /** The same from the start to the end. */
  | ({ readonly type: "summary" } & DeliveredLogs)
  | { readonly type: "source_released"; readonly source: string; readonly undelivered: number }
  /** The server has granted shards to this process. */
  | { readonly type: "shards_granted"; readonly source: string; readonly shards: readonly number[] }
  | {
    readonly type: "shard_started";
    readonly source: string;
    readonly shard: number;
    readonly cursor: string;
    /** Where the cursor comes from, such as `checkpoint` or `begin`. */
    readonly from: string;
  }
  | {
    readonly type: "shard_ended";
    readonly source: string;
    readonly shard: number;
    readonly how: "released" | "lost" | "gone" | "abandoned";
    /** The program stops, and `source_released` will follow. */
    readonly atStop?: true;
  }
  | { readonly type: "shard_finished"; readonly source: string; readonly shard: number }
  | {
    readonly type: "leases_lost";
    readonly source: string;
    readonly shards: readonly number[];
    readonly reason: string;
  }
  | {
    readonly type: "checkpoint_written";
    readonly source: string;
    readonly shard: number;
    readonly cursor: string;
  }
  /** How long logs are kept cannot be asked: no warning will come before they expire unread. */
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
  /** A checkpoint leads nowhere, such as to data that expired before it was read. */
  | {
    readonly type: "gap";
    readonly source: string;
    readonly shard: number;
    readonly reason: "expired" | "malformed" | "foreign";
    readonly lostCursor: string;
    readonly resumedCursor: string;
    readonly message: string;
  }
  | {
    readonly type: "page_delivered";
    readonly source: string;
    readonly shard: number;
    readonly logs: number;
    readonly rawBytes: number;
    readonly eventBytes: number;
  }
  /** Something in the configuration works and is probably not meant. */
  | {
    readonly type: "config_warning";
    /** `sls2hec.yaml:7:12: sources[0].index`. */
    readonly place: string;
    readonly message: string;
    readonly hint: string;
  }
  /** Batches are made smaller than `hec.batch.max_bytes`: HEC is reached in a way that must not carry larger bodies. */
  | { readonly type: "batches_limited"; readonly maxBytes: number; readonly why: string }
  /** An event that HEC will never take is kept aside, and would survive a power cut. */
  | {
    readonly type: "parked";
    readonly source: string;
    readonly shard: number;
    /** Of the page that held its log. */
    readonly cursor: string;
    readonly reason: "refused" | "too_large" | "oversize" | "malformed";
    /** HTTP status of the refusal; 0 when it was not sent. */
    readonly status: number;
    readonly code: number | undefined;
    /** HEC's text, or why it was not sent. */
    readonly text: string;
    readonly folder: string;
  }
  /** A collector answers; `takesToken` unless that shows with the first events only. */
  | { readonly type: "hec_checked"; readonly url: string; readonly takesToken: boolean }
  | { readonly type: "hec_unencrypted"; readonly url: string }
  | { readonly type: "sls_unencrypted"; readonly url: string }
  /** Certificates of the collector are not checked. */
  | { readonly type: "hec_unverified"; readonly url: string }
  /** The collector's certificate is of version 1: it is checked, but whether the collector holds its key is not. */
  | { readonly type: "hec_key_unproven"; readonly url: string }
  /** Credentials, a token or certificates have been replaced, and the new ones are used. */
  | { readonly type: "renewed"; readonly about: string }
  /** What this program has found that it may do, after it gave up the rest. */
  | { readonly type: "narrowed"; readonly may: readonly string[] }
  /** Where shards are read and delivered: in so many workers, 0 for the main isolate, that may reach these hosts. */
  | { readonly type: "data_plane"; readonly workers: number; readonly hosts: readonly string[] }
  /** Something failed and is tried again. `about` names what, the same for each try. */
  | {
    readonly type: "trouble";
    readonly about: string;
    readonly message: string;
    readonly hint: string;
    readonly retryInMs: number;
    /** Set when nothing gets better without the operator: the source keeps its data and waits. */
    readonly held?: boolean;
    /** Why, where many may fail for the same reason: those are told as one. Left out: it stands alone. */
    readonly cause?: TroubleCause | undefined;
    /** Whom it hits, for the count of shards and sources; left out where it is neither. */
    readonly source?: string | undefined;
    readonly shard?: number | undefined;
    /** How often it is told while it lasts; a minute when left out. */
    readonly repeatAfterMs?: number;
  }
  /** What was in trouble works again. */
  | { readonly type: "recovered"; readonly about: string };

/** A reason that many may fail for: what is in trouble, and in which way. */
export interface TroubleCause {
  /** As a message names it, such as `SLS at cn-hangzhou.log.aliyuncs.com`. */
  readonly what: string;
  /** Kind or code of the failure, the same for each try, such as `network`. */
  readonly kind: string;
}

/** What became of a source's logs in some seconds. */
export interface DeliveredLogs {
  readonly source: string;
  readonly seconds: number;
  readonly delivered: number;
  readonly parked: number;
  /** Bytes of their pages, opened. */
  readonly rawBytes: number;
  /** Whether SLS ran a query or processor, and what it read before that; left out where it does not say. */
  readonly queried: boolean;
  readonly readLogs?: number | undefined;
  readonly readBytes?: number | undefined;
  /** Shards that have, or had at the end, more to read. */
  readonly behind: number;
}

/** Where reports go. Must not throw and must not wait. */
export type Telemetry = (event: TelemetryEvent) => void;
