import type { WorkerLike } from "./isolate_link.ts";
import type { TelemetryEvent } from "../base/telemetry.ts";
import type { PageDone, ShardEnd } from "../consumer/ports.ts";
import type { DeadLetter } from "../dead_letters/dead_letter.ts";

/**
 * Messages from the main isolate to a worker of the data plane. Messages of both directions are small: of the logs, only
 * parked events cross. `run` is the number of a shard's run or of a report, and is never used twice; `source` is a
 * source's name.
 */
export type ToWorker =
  /** The first message: the configuration and the worker's share of it, as `serialize` makes them. */
  | { readonly type: "setup"; readonly setup: unknown }
  /** Before the first run of a source: its part of the configuration, as `serialize` makes it. */
  | { readonly type: "add_source"; readonly source: string; readonly setup: unknown }
  /** After the last run of a source. */
  | { readonly type: "remove_source"; readonly source: string }
  /** Run a shard. */
  | {
    readonly type: "start";
    readonly run: number;
    readonly source: string;
    readonly shard: number;
    readonly cursor: string;
    readonly endCursor?: string | undefined;
  }
  /** Stop pulling, and deliver the logs already read. */
  | { readonly type: "revoke"; readonly run: number }
  /** Drop a shard's undelivered logs, or a report. */
  | { readonly type: "lose"; readonly run: number }
  /** Deliver an event about the program itself. */
  | {
    readonly type: "notify";
    readonly run: number;
    readonly source: string;
    readonly event: Readonly<Record<string, string | number>>;
  }
  /** Requests of another worker hold the source, or do not hold it any more. */
  | { readonly type: "hold"; readonly source: string; readonly held: boolean }
  /** The state of a proxy. Its URL contains the login, as in the worker's configuration. */
  | { readonly type: "proxy"; readonly proxyUrl: string; readonly state: ProxyState }
  /** A pull that waits for the rate of its source may start. */
  | { readonly type: "pull_granted"; readonly pull: number }
  | { readonly type: "answer"; readonly call: number; readonly answer: CallAnswer };

/** Messages from a worker of the data plane to the main isolate. */
export type FromWorker =
  | {
    readonly type: "pulled";
    readonly run: number;
    readonly seq: number;
    readonly nextCursor: string;
  }
  | ({ readonly type: "done"; readonly run: number } & PageDone)
  | { readonly type: "rewound"; readonly run: number; readonly seq: number }
  | { readonly type: "caught_up"; readonly run: number }
  | { readonly type: "ended"; readonly run: number; readonly end: ShardEnd }
  | { readonly type: "notified"; readonly run: number }
  /** The run ended with an unexpected error. */
  | { readonly type: "failed"; readonly run: number; readonly message: string }
  | { readonly type: "hold"; readonly source: string; readonly held: boolean }
  /** A request waits for a proxy. */
  | { readonly type: "proxy_wanted"; readonly proxyUrl: string }
  /** The outcome of a request that went through a proxy while the proxy was in `epoch`. */
  | {
    readonly type: "proxy_tried";
    readonly proxyUrl: string;
    readonly epoch: number;
    readonly outcome: ProxyOutcome;
  }
  /** A pull of a source that has a rate waits; `pull` is never used twice by a worker. */
  | { readonly type: "pull_wanted"; readonly pull: number; readonly source: string }
  /** That pull has ended, or waits no more; `bytes`: what it brought, undefined when no page came. */
  | { readonly type: "pull_ended"; readonly pull: number; readonly bytes: number | undefined }
  | { readonly type: "telemetry"; readonly event: TelemetryEvent }
  | { readonly type: "call"; readonly call: number; readonly request: CallRequest }
  /** The call's answer is not needed any more. */
  | { readonly type: "cancel"; readonly call: number };

/** The state of a proxy for one worker. */
export interface ProxyState {
  /** Whether all requests may go through it. */
  readonly isClosed: boolean;
  /** Whether one request of this worker may go through it, to find out whether it works. */
  readonly isYours: boolean;
  readonly epoch: number;
  /** The wait after a refusal, in milliseconds. */
  readonly slowWaitMs: number;
}

/** The outcome of a request through a proxy; `doubtful`: there was no answer, perhaps because of the proxy. */
export type ProxyOutcome = "through" | "refused" | "away" | "doubtful" | "unknown";

/** A worker's request to the main isolate. */
export type CallRequest =
  /** Park an event; answered when the dead letter is synced to disk. */
  | { readonly kind: "park"; readonly letter: DeadLetter }
  /** Send a value. `known`: the id of the one that the worker has; `refused`: whether a server has refused that one. */
  | {
    readonly kind: "value";
    readonly name: ValueName;
    readonly known: number | undefined;
    readonly refused: boolean;
  };

/**
 * The values that the main isolate reads and renews: credentials and PEM files of an `sls`, token and PEM files of a HEC
 * client, by the id of its options.
 */
export interface ValueName {
  readonly kind: "credentials" | "hec_token" | "sls_tls" | "hec_tls";
  readonly id: string;
}

/** A call's result, or the error that it ended with. */
export type CallAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly kind: string; readonly message: string; readonly hint: string };

/** A worker of the data plane as the main isolate sees it. */
export type DataPlaneWorkerLike = WorkerLike<ToWorker, FromWorker>;
