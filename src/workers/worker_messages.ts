import type { WorkerLike } from "./isolate_link.ts";
import type { TelemetryEvent } from "../base/telemetry.ts";
import type { PageDone, ShardEnd } from "../consumer/ports.ts";
import type { DeadLetter } from "../dead_letters/dead_letter.ts";

/**
 * What crosses between the main isolate and a worker of the data plane. Small, and without a log's bytes but
 * those of parked events. `run` names one piece of work, a shard's run or a report; no two ever have the same.
 */
export type ToWorker =
  /** The first message: the configuration and the worker's share of it, as `serialize` makes them. */
  | { readonly type: "setup"; readonly setup: unknown }
  /** Before the first run of a source: its part of the configuration, as `serialize` makes it. */
  | { readonly type: "add_source"; readonly source: string; readonly setup: unknown }
  /** After the last run of a source. */
  | { readonly type: "remove_source"; readonly source: string }
  /** Run a shard. `source` is the source's name, here and in every message. */
  | {
    readonly type: "start";
    readonly run: number;
    readonly source: string;
    readonly shard: number;
    readonly cursor: string;
    readonly endCursor?: string | undefined;
  }
  /** Pull no more, finish what is in hand. */
  | { readonly type: "revoke"; readonly run: number }
  /** Drop what is in hand, a shard's or a report. */
  | { readonly type: "lose"; readonly run: number }
  /** Deliver an event of the program's own. */
  | {
    readonly type: "notify";
    readonly run: number;
    readonly source: string;
    readonly event: Readonly<Record<string, string | number>>;
  }
  /** Another worker has found that the source's events are refused, or are taken again. */
  | { readonly type: "hold"; readonly source: string; readonly held: boolean }
  /** How it stands with a proxy. Its URL has its login, as in the configuration that the worker has. */
  | { readonly type: "proxy"; readonly proxyUrl: string; readonly state: ProxyState }
  | { readonly type: "answer"; readonly call: number; readonly answer: CallAnswer };

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
  /** The run ended by an error that nobody expected. */
  | { readonly type: "failed"; readonly run: number; readonly message: string }
  | { readonly type: "hold"; readonly source: string; readonly held: boolean }
  /** A request waits for a proxy. */
  | { readonly type: "proxy_wanted"; readonly proxyUrl: string }
  /** What a request through a proxy came to, that began in that epoch of it. */
  | {
    readonly type: "proxy_tried";
    readonly proxyUrl: string;
    readonly epoch: number;
    readonly outcome: ProxyOutcome;
  }
  | { readonly type: "telemetry"; readonly event: TelemetryEvent }
  | { readonly type: "call"; readonly call: number; readonly request: CallRequest }
  /** Nobody waits for the call's answer any more. */
  | { readonly type: "cancel"; readonly call: number };

/** How it stands with a proxy, as a worker is told. */
export interface ProxyState {
  /** Whether all requests may go through it. */
  readonly isClosed: boolean;
  /** Whether one of this worker may, alone, to find out. */
  readonly isYours: boolean;
  readonly epoch: number;
  /** How long nothing goes through it after a refusal. */
  readonly slowWaitMs: number;
}

/** What a request through a proxy came to; `doubtful`: no answer, and it may be the proxy. */
export type ProxyOutcome = "through" | "refused" | "away" | "doubtful" | "unknown";

/** What a worker asks the main isolate for. */
export type CallRequest =
  /** Resolved when the letter would survive a power cut. */
  | { readonly kind: "park"; readonly letter: DeadLetter }
  /** A value of the main isolate. `known`: the id of the one that the worker has, which a server has `refused`. */
  | {
    readonly kind: "value";
    readonly name: ValueName;
    readonly known: number | undefined;
    readonly refused: boolean;
  };

/** The values that the main isolate reads and renews: the credentials, the token, and PEM files of both connections. */
export type ValueName = "credentials" | "hec_token" | "sls_tls" | "hec_tls";

/** A call's result, or the error that it ended with. */
export type CallAnswer =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly kind: string; readonly message: string; readonly hint: string };

/** A worker of the data plane as the main isolate sees it. */
export type DataPlaneWorkerLike = WorkerLike<ToWorker, FromWorker>;
