import type { ShardStart } from "../base/cursor.ts";

/** What the engine needs of the outside. It speaks to SLS and to the data plane only through these. */

/** The consumer-group calls, for one group of one logstore. Every call may fail with an error. */
export interface GroupPort {
  list(signal?: AbortSignal): Promise<
    readonly { readonly name: string; readonly timeoutSec: number; readonly inOrder: boolean }[]
  >;
  create(settings: { timeoutSec: number; inOrder: boolean }, signal?: AbortSignal): Promise<void>;
  update(
    settings: { timeoutSec?: number | undefined; inOrder?: boolean | undefined },
    signal?: AbortSignal,
  ): Promise<void>;
  /** @param shards Those the consumer still works on. */
  heartbeat(
    consumer: string,
    shards: readonly number[],
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<
    | { readonly kind: "held"; readonly shards: readonly number[] }
    | { readonly kind: "forgotten" | "group_missing"; readonly message: string }
  >;
  /** The stored checkpoint; empty when there is none. */
  checkpoint(shard: number, signal?: AbortSignal): Promise<string>;
  /** Moves the checkpoint only if this consumer holds the shard. */
  writeCheckpoint(
    consumer: string,
    shard: number,
    cursor: string,
    signal?: AbortSignal,
  ): Promise<{ readonly kind: "written" } | { readonly kind: "refused"; readonly message: string }>;
}

/** The calls about shards, for one logstore. */
export interface ShardsPort {
  list(signal?: AbortSignal): Promise<
    readonly { readonly shard: number; readonly readOnly: boolean }[]
  >;
  cursorAt(shard: number, place: ShardStart, signal?: AbortSignal): Promise<string>;
  cursorTimeSec(shard: number, cursor: string, signal?: AbortSignal): Promise<number>;
  /** The server's time, in milliseconds since 1970, as far as its answers have shown it. */
  serverNowMs(): number;
}

/** What is asked about the logstore as a whole. */
export interface LogstorePort {
  /** Seconds for which logs are kept after their receipt; Infinity for ever. */
  retentionSec(signal?: AbortSignal): Promise<number>;
}

/** One shard to be read and delivered. */
export interface ShardJob {
  readonly shard: number;
  readonly cursor: string;
  /** Aborts when the shard is to be given back: pull no more, finish what is in hand. */
  readonly revoked: AbortSignal;
  /** Aborts when what is in hand must be dropped at once, whatever it is. */
  readonly lost: AbortSignal;
}

/** What the data plane tells of a shard while it runs. No log bytes cross here. */
export interface ShardListener {
  /** A page was pulled. Pages come in order, numbered from the listener's first 0 without holes. */
  pulled(page: { readonly seq: number; readonly nextCursor: string }): void;
  /** Every log of the page is accepted, filtered or parked for good. In any order. */
  done(page: PageDone): void;
  /** The pages from this number on are dropped undelivered and will be pulled again. */
  rewound(seq: number): void;
  /** The server has nothing more in the shard for now. */
  caughtUp(): void;
}

export interface PageDone {
  readonly seq: number;
  readonly report: PageReport;
}

/** What became of a page's logs: the counts add up to the logs it holds. */
export interface PageReport {
  readonly delivered: number;
  readonly parked: number;
  /** Left out by the query before they came, as far as SLS says. */
  readonly filtered: number;
  /** Those of the filtered on which the query failed; none when left out. */
  readonly queryFailed?: number | undefined;
  /** What SLS read for the page before a query left some out, as far as it says; left out without a query. */
  readonly beforeQuery?:
    | { readonly logs: number | undefined; readonly bytes: number | undefined }
    | undefined;
  /** Logs of before 1990 or of more than a day ahead, which go out as they are; none when left out. */
  readonly oddTimes?: number | undefined;
  readonly rawBytes: number;
  readonly eventBytes: number;
  /** Requests of the page's events that had to be sent again. */
  readonly resends: number;
  /** Acknowledgements that did not come in time. */
  readonly ackTimeouts: number;
}

/** How a run of a shard ended. */
export type ShardEnd =
  /** It was revoked and everything in hand is done. */
  | { readonly kind: "drained" }
  /** `lost` aborted. */
  | { readonly kind: "lost" }
  /** What did the work has died: what is not done is lost from its hands and must be pulled again. */
  | { readonly kind: "interrupted"; readonly message: string }
  /** The server does not take this cursor; everything before it is done. */
  | { readonly kind: "invalid_cursor"; readonly cursor: string; readonly message: string }
  /** The server does not know the shard; everything in hand is done. */
  | { readonly kind: "gone"; readonly message: string };

/** Pulls, transcodes and delivers; for the shards of one source. */
export interface DataPlane {
  /** Runs a shard until it ends. Failures of the outside are tried again inside, without end. */
  run(job: ShardJob, listener: ShardListener): Promise<ShardEnd>;
  /** Delivers an event of the program's own, such as the report of a gap. */
  notify(event: Readonly<Record<string, string | number>>, signal: AbortSignal): Promise<void>;
}

/** What a checkpoint will newly cover. */
export interface CoveredRange {
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
  /** Set when the logs between had expired before they could be read; the counts are then 0. */
  readonly expired: boolean;
  readonly pages: number;
  /** Sums over the pages. */
  readonly report: PageReport;
}

/** Counts what became of the logs, and vouches for what a checkpoint covers. */
export interface LedgerPort {
  pageDone(source: string, shard: number, report: PageReport): void;
  /**
   * Keeps what the next checkpoint of the shard will cover. The checkpoint is written only after this has
   * resolved; a rejection delays it.
   */
  cover(source: string, shard: number, consumer: string, range: CoveredRange): Promise<void>;
}
