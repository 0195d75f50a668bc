import type { ShardStart } from "../base/cursor.ts";
import type { LogCounts } from "../base/log_counts.ts";

/** What the consumer needs from outside. It reaches SLS and the data plane only through these. */

/** What is needed to read one shard of a source. */
export interface ShardSource {
  /** Names the source in reports and in the ledger, such as `project/logstore`. */
  readonly name: string;
  /** Name of this process in the consumer group. */
  readonly consumer: string;
  /** Time between two writes of a shard's checkpoint. */
  readonly checkpointIntervalMs: number;
  /** Where checkpoints are stored. */
  readonly group: Pick<GroupPort, "checkpoint" | "writeCheckpoint">;
  /** The shards of its logstore. */
  readonly shards: ShardsPort;
  /** Reads and delivers its shards. */
  readonly dataPlane: DataPlane;
  /** Records what became of its logs. */
  readonly ledger: LedgerPort;
}

/** A source as its consumer sees it. Built once, and handed on whole. */
export interface ConsumerSource extends ShardSource {
  /** The consumer group, as configured. */
  readonly wanted: WantedGroup;
  /** Where a shard without a checkpoint begins. */
  readonly start: ShardStart;
  /** Longest time between two heartbeats; a third of the group's timeout if that is less. */
  readonly heartbeatIntervalMs: number;
  /** How long shards may finish delivering when the program stops. */
  readonly drainTimeoutMs: number;
  /** The consumer group's calls. */
  readonly group: GroupPort;
  /** Its logstore. */
  readonly logstore: LogstorePort;
  /** How long its rates have held it up, from its start; it has none when left out. */
  readonly rateWaits?: () => readonly RateWait[];
}

/** How long a rate has held up a source. */
export interface RateWait {
  /** The option that sets it, such as `hec.rate`. */
  readonly name: string;
  /** Uncompressed bytes of logs. */
  readonly bytesPerSec: number;
  /** In all, in milliseconds; during it at least one pull waited for this rate. */
  readonly waitedMs: number;
}

/** What the configuration asks of the consumer group. Undefined keeps what the group has; a new group gets the default. */
export interface WantedGroup {
  /** Name of the group, compared without regard to case. */
  readonly name: string;
  /** Silence after which SLS gives a consumer's shards to others. */
  readonly timeoutMs: number | undefined;
  /** Timeout of a group that is created, when `timeoutMs` is undefined. */
  readonly newTimeoutMs: number;
  /** Whether children of a split or merge wait until their parents are finished. */
  readonly inOrder: boolean | undefined;
  /** Whether to change an existing group to what is configured. */
  readonly update: boolean;
}

/** The consumer-group calls, for one group of one logstore. Every call may fail with an error. */
export interface GroupPort {
  /** All groups of the logstore. */
  list(signal?: AbortSignal): Promise<
    readonly { readonly name: string; readonly timeoutSec: number; readonly inOrder: boolean }[]
  >;
  /** Creates the group. */
  create(settings: { timeoutSec: number; inOrder: boolean }, signal?: AbortSignal): Promise<void>;
  /** Changes the group; what is left out stays. */
  update(
    settings: { timeoutSec?: number | undefined; inOrder?: boolean | undefined },
    signal?: AbortSignal,
  ): Promise<void>;
  /**
   * Reports the shards that the consumer still reads.
   *
   * @returns the shards that it now owns; `forgotten` when the server does not know the consumer any more.
   */
  heartbeat(
    consumer: string,
    shards: readonly number[],
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<
    | { readonly kind: "granted"; readonly shards: readonly number[] }
    | { readonly kind: "forgotten" | "group_missing"; readonly message: string }
  >;
  /** The stored checkpoint; empty when there is none. */
  checkpoint(shard: number, signal?: AbortSignal): Promise<string>;
  /** Moves the checkpoint only if this consumer owns the shard. */
  writeCheckpoint(
    consumer: string,
    shard: number,
    cursor: string,
    signal?: AbortSignal,
  ): Promise<{ readonly kind: "written" } | { readonly kind: "refused"; readonly message: string }>;
}

/** The calls about shards, for one logstore. */
export interface ShardsPort {
  /** All shards; a read-only one was split or merged and takes no more writes. */
  list(signal?: AbortSignal): Promise<
    readonly { readonly shard: number; readonly readOnly: boolean }[]
  >;
  /** The cursor at a place in a shard. */
  cursorAt(shard: number, place: ShardStart, signal?: AbortSignal): Promise<string>;
  /** When SLS received the log group at a cursor, in seconds since 1970. */
  cursorTimeSec(shard: number, cursor: string, signal?: AbortSignal): Promise<number>;
  /** The server's time, in milliseconds since 1970, estimated from its answers. */
  serverNowMs(): number;
}

/** The calls about the logstore as a whole. */
export interface LogstorePort {
  /** For how many seconds after receipt logs are kept; Infinity forever. */
  retentionSec(signal?: AbortSignal): Promise<number>;
}

/** One shard to be read and delivered. */
export interface ShardJob {
  /** Number of the shard. */
  readonly shard: number;
  /** Where to start. */
  readonly cursor: string;
  /** Where to end, exclusive; the shard has no end when left out. */
  readonly endCursor?: string | undefined;
  /** Aborts when the shard is to be given back: pull no more, and finish delivering. */
  readonly revoked: AbortSignal;
  /** Aborts when everything must be dropped at once. */
  readonly lost: AbortSignal;
}

/** What the data plane reports of a shard while it runs. No log bytes cross here. */
export interface ShardListener {
  /** A page was pulled. Pages come in order, numbered from 0 for each listener, without holes. */
  pulled(page: { readonly seq: number; readonly nextCursor: string }): void;
  /** Every log of the page is delivered, filtered or durably parked. In any order. */
  done(page: PageDone): void;
  /** The pages from this number on are dropped undelivered and will be pulled again. */
  rewound(seq: number): void;
  /** A pull found nothing new. */
  caughtUp(): void;
}

/** A page whose logs are all dealt with. */
export interface PageDone {
  /** As in `pulled`. */
  readonly seq: number;
  /** What became of its logs. */
  readonly report: PageReport;
}

/** What became of one page's logs; `pages` is 1. */
export interface PageReport extends LogCounts {
  /** What SLS read for the page before a query, as far as it says; left out without a query. */
  readonly beforeQuery?:
    | { readonly logs: number | undefined; readonly bytes: number | undefined }
    | undefined;
}

/** How a run of a shard ended. */
export type ShardEnd =
  /** It was revoked, and everything pulled is done. */
  | { readonly kind: "drained" }
  /** `lost` aborted. */
  | { readonly kind: "lost" }
  /** The data plane died: pages that are not done must be pulled again. */
  | { readonly kind: "interrupted"; readonly message: string }
  /** The server refuses this cursor; everything before it is done. */
  | { readonly kind: "invalid_cursor"; readonly cursor: string; readonly message: string }
  /** The server does not know the shard; everything pulled is done. */
  | { readonly kind: "gone"; readonly message: string };

/** Pulls, transcodes and delivers the shards of one source. */
export interface DataPlane {
  /** Runs a shard until it ends. Failures of the servers are retried inside, without end. */
  run(job: ShardJob, listener: ShardListener): Promise<ShardEnd>;
  /**
   * Delivers an event of the program's own, such as the report of a gap.
   *
   * @throws the reason of `signal` when it aborts first.
   */
  notify(event: Readonly<Record<string, string | number>>, signal: AbortSignal): Promise<void>;
}

/** What the next checkpoint adds to the one before. */
export interface CoveredRange {
  /** The first cursor. */
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
  /** The logs between had expired before they could be read; all counts are 0. */
  readonly expired: boolean;
  /** Sums over the pages. */
  readonly counts: LogCounts;
}

/** Counts what became of the logs, and records what each checkpoint covers. */
export interface LedgerPort {
  /** Counts a page that is done. */
  pageDone(source: string, shard: number, report: PageReport): void;
  /**
   * Records what the next checkpoint of the shard will cover. The checkpoint is written only after this resolves; a
   * rejection delays it.
   */
  cover(source: string, shard: number, consumer: string, range: CoveredRange): Promise<void>;
}
