import type { ShardStart } from "../base/cursor.ts";
import type { ConfigWarning } from "./config_warnings.ts";
import type { ProjectAddress, SlsEndpoint } from "./endpoint.ts";
import type { HecUrl } from "./hec_url.ts";
import type { ReloadableSecret } from "./reloadable_secret.ts";
import type { Proxy } from "./proxy.ts";

declare const checked: unique symbol;

/**
 * A configuration in which every option is right, alone and with the others; only `loadConfig` makes
 * one. Frozen. Options that nothing sets and that have no default are undefined.
 */
export interface Config {
  readonly [checked]: true;
  readonly sls: SlsConfig;
  readonly hec: HecConfig;
  /** At least one; no two have the same project, logstore and group. */
  readonly sources: readonly [SourceConfig, ...SourceConfig[]];
  readonly deadLetters: DeadLettersConfig;
  readonly backfill: { readonly folder: string };
  readonly ledger: { readonly file: string | undefined };
  readonly log: LogConfig;
  /** Bytes of logs in hand at once. */
  readonly memoryBudgetBytes: number;
  /** Isolates beside the main one that pull and deliver; each has its share of the memory and the requests. */
  readonly workers: "auto" | number;
  /** How long SIGTERM waits for what is in hand; more than 0. */
  readonly drainTimeoutMs: number;
  /** Told at the start. */
  readonly warnings: readonly ConfigWarning[];
}

/** The parts of a configuration, before anybody vouches for them. */
export type ConfigParts = Omit<Config, typeof checked>;

export interface SlsConfig {
  readonly endpoint: SlsEndpoint;
  readonly signature: SlsSignature;
  readonly credentials: SlsCredentials;
  /** Extra certificate authorities (PEM). */
  readonly caFile: string | undefined;
  readonly proxy: Proxy | undefined;
  /** Hosts that are reached without it, as `NO_PROXY` has them. */
  readonly noProxy: readonly string[];
  /** For one request, its answer's body included. */
  readonly timeoutMs: number;
}

/** How requests to SLS are signed. */
export type SlsSignature =
  | { readonly version: "v1" }
  | { readonly version: "v4"; readonly region: string };

/** Where the credentials for SLS come from. */
export type SlsCredentials =
  | {
    readonly from: "options";
    readonly accessKeyId: ReloadableSecret;
    readonly accessKeySecret: ReloadableSecret;
    /** Of temporary credentials only. */
    readonly securityToken: ReloadableSecret | undefined;
  }
  /** A JSON file. */
  | { readonly from: "file"; readonly file: string }
  | {
    readonly from: "ecs_ram_role";
    /** Undefined: the one that the instance has. */
    readonly role: string | undefined;
    /** Of the metadata service, without a slash at the end. */
    readonly metadataUrl: string;
    /** Its host and port. */
    readonly metadataHost: string;
  };

/** One logstore, and where its logs go. */
export interface SourceConfig {
  /** Identifies it: `project/logstore`, with `@group` where several sources read that logstore. */
  readonly name: string;
  readonly project: string;
  readonly logstore: string;
  /** Where its requests go: the same hosts as in the permission grant. */
  readonly address: ProjectAddress;
  /** SPL; never together with `processor`. */
  readonly query: string | undefined;
  readonly processor: string | undefined;
  /** Undefined: the token's own. */
  readonly index: string | undefined;
  /** Undefined: the token's own. */
  readonly sourcetype: string | undefined;
  readonly source: string;
  /** Undefined: each log group's own source address. */
  readonly host: string | undefined;
  /** Fields, by topic, whose text is JSON and goes out as JSON. */
  readonly expandJson: ReadonlyMap<string, readonly string[]>;
  readonly consumer: ConsumerConfig;
}

/** The top-level `consumer` with the source's own keys over it. */
export interface ConsumerConfig {
  readonly group: string;
  /** Undefined: made at run time. */
  readonly name: string | undefined;
  readonly start: ShardStart;
  /** Undefined: not set, so an existing group keeps its own; a new one gets false. */
  readonly inOrder: boolean | undefined;
  /** Whether an existing group is changed to `inOrder` and `groupTimeoutMs`. */
  readonly updateGroup: boolean;
  /** At most a third of the group timeout. */
  readonly heartbeatIntervalMs: number;
  /** Whole seconds. Undefined: not set, so an existing group keeps its own; a new one gets 60 s. */
  readonly groupTimeoutMs: number | undefined;
  readonly fetchIntervalMs: number;
  /** Log groups of one pull, 1 to 1,000. */
  readonly fetchCount: number;
  readonly checkpointIntervalMs: number;
}

/** A collector, and the way to it. */
export interface HecTarget extends HecUrl {
  /** Undefined: it is reached directly. */
  readonly proxy: Proxy | undefined;
}

export interface HecConfig {
  /** At least one, no two the same. */
  readonly urls: readonly [HecTarget, ...HecTarget[]];
  readonly token: ReloadableSecret;
  readonly tls: HecTlsConfig;
  readonly timeoutMs: number;
  /** True: the program's own encoder. */
  readonly gzip: boolean | "zlib";
  readonly eventFormat: "object" | "text";
  readonly batch: {
    /** Before gzip. */
    readonly maxBytes: number;
    readonly maxEvents: number;
    /** 0: send at once. */
    readonly maxAgeMs: number;
  };
  readonly maxConcurrentRequests: number;
  readonly ack: "auto" | "on" | "off";
  readonly ackTimeoutMs: number;
  readonly fallbackIndex: string | undefined;
  readonly oversize: "park" | "truncate";
  /** Bytes of one serialized event. */
  readonly maxEventBytes: number;
  /** Send the indexed field `sls_id`. */
  readonly eventId: boolean;
  readonly retire: { readonly afterRequests: number; readonly afterMs: number };
}

export interface HecTlsConfig {
  readonly verify: boolean;
  /** SHA-256 of the only certificate that is taken, in its place: 64 lower-case hex digits. */
  readonly fingerprint: string | undefined;
  /** Extra certificate authorities (PEM). */
  readonly caFile: string | undefined;
  /** Own certificate and its key (PEM): both or none. */
  readonly client: { readonly certFile: string; readonly keyFile: string } | undefined;
}

export interface DeadLettersConfig {
  readonly folder: string;
  readonly maxBytes: number;
  readonly guard: { readonly maxRefusedPercent: number; readonly maxRefusedInARow: number };
}

export interface LogConfig {
  readonly level: "debug" | "info" | "warning" | "error";
  readonly format: "text" | "json";
  /** Undefined: standard error. */
  readonly file: string | undefined;
  readonly maxBytes: number;
  readonly backups: number;
}
