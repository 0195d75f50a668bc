import type { EventRoute, EventValues } from "../core/event_values.ts";
import type { hecOptions, hecTlsOptions } from "./schema/hec.ts";
import type { OptionsOf } from "./schema/names.ts";
import type { schema } from "./schema/schema.ts";
import type { assumeRoleOptions, oidcOptions, slsOptions } from "./schema/sls.ts";
import type { consumerOptions, sourceItem } from "./schema/sources.ts";
import type { ReloadableSecret } from "./reloadable_secret.ts";
import type { StsEndpoint } from "./types/sts.ts";
import type { HecUrl, ProjectAddress, Proxy } from "./types/urls.ts";
import type { ConfigWarning } from "./warnings.ts";

// Options are declared once, in `schema/`, with their help, type and default; their names here follow from the
// declaration (`schema/names.ts`). What is listed here is computed from several options, or from where they came from.

/** Marks a configuration that was checked. */
declare const checked: unique symbol;

/**
 * A configuration whose options are valid, each alone and all together; only `loadConfig` makes one. Frozen. Options
 * without a value and a default are undefined: `without` in the declaration says what applies then.
 */
export interface Config extends OptionsOf<typeof schema, "sls" | "consumer" | "hec" | "sources"> {
  /** Exists for the type checker only. */
  readonly [checked]: true;
  /** No two have the same host, project, logstore and group. Without any there is a pattern. */
  readonly sources: readonly SourceConfig[];
  /** Sources whose logstores are listed at the start and then again and again. */
  readonly patterns: readonly SourcePattern[];
  /** Reported at the start. */
  readonly warnings: readonly ConfigWarning[];
}

/** How to reach SLS. */
export interface SlsConfig extends
  OptionsOf<
    typeof slsOptions,
    "region" | "signature" | "credentials" | "proxy" | "no_proxy"
  > {
  /** The same for sources that share credentials and connections. */
  readonly id: string;
  /** Where its options are written, for messages: `sls` or `sources[1].sls`. */
  readonly path: string;
  /** How requests are signed. */
  readonly signature: SlsSignature;
  /** Where the credentials come from. */
  readonly credentials: SlsCredentials;
  /** Undefined: SLS is reached directly. */
  readonly proxy: Proxy | undefined;
  /** Hosts that are reached without the proxy, as in `NO_PROXY`. */
  readonly noProxy: readonly string[];
}

/** How requests to SLS are signed. */
export type SlsSignature =
  | { readonly version: "v1" }
  | { readonly version: "v4"; readonly region: string };

/** Where the credentials for SLS come from. */
export type SlsCredentials = BaseCredentials | AssumeRoleConfig | OidcConfig;

/** A RAM role that is assumed with other credentials. */
export interface AssumeRoleConfig extends OptionsOf<typeof assumeRoleOptions, "sts_endpoint"> {
  /** Tells it from the others. */
  readonly from: "assume_role";
  /** What it is assumed with. */
  readonly base: BaseCredentials;
  /** Where STS is. */
  readonly sts: StsEndpoint;
}

/** A RAM role that is assumed with a token of an OIDC provider. */
export interface OidcConfig extends OptionsOf<typeof oidcOptions, "sts_endpoint"> {
  /** Tells it from the others. */
  readonly from: "oidc";
  /** Where STS is. */
  readonly sts: StsEndpoint;
}

/** Credentials that STS is not asked for. */
export type BaseCredentials =
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
    /** Host and port of the metadata service. */
    readonly metadataHost: string;
  };

/** One logstore, and where its logs go. */
export interface SourceConfig extends OptionsOf<typeof sourceItem, EventKey | ItemKey> {
  /**
   * Identifies it: as it is written, or `project/logstore`, with `@group` and `@host:port` where needed to tell sources
   * apart.
   */
  readonly name: string;
  /** SLS logstore. */
  readonly logstore: string;
  /** Where its requests go; the permission grant has the same hosts. */
  readonly address: ProjectAddress;
  /** The top-level `sls` with the source's own keys over it. */
  readonly sls: SlsConfig;
  /** The top-level `hec` with the source's own keys over it. */
  readonly hec: HecConfig;
  /** The top-level `consumer` with the source's own keys over it. */
  readonly consumer: ConsumerConfig;
  /** What its events have in common, where no route applies. */
  readonly events: EventValues;
  /** Exceptions from `events`, in order; the first that matches counts. */
  readonly routes: readonly EventRoute[];
}

/** Options of a source that its `events` and `routes` are made of. */
export type EventKey =
  | "host"
  | "source"
  | "sourcetype"
  | "index"
  | "expand_json"
  | "fields"
  | "routes";

/** Options of an item that its sources do not have in common, or have in another form. */
export type ItemKey =
  | "name"
  | "logstore"
  | "exclude"
  | "discover_interval"
  | "consumer"
  | "sls"
  | "hec";

/** Logstores of one project, by their names. `patternSource` makes the source of each. */
export interface SourcePattern {
  /** Identifies it: as it is written, or as that of a source, with the patterns as logstore: `project/audit-*`. */
  readonly name: string;
  /** As it is written; the names of its sources begin with it then. */
  readonly writtenName: string | undefined;
  /** SLS project. */
  readonly project: string;
  /** Names of logstores, with `*` for any text and `?` for one character; at least one. */
  readonly patterns: readonly string[];
  /** The same for logstores that are left out although they match. */
  readonly exclude: readonly string[];
  /** Time from one listing to the next. */
  readonly discoverIntervalMs: number;
  /** Where its requests go, listings included. */
  readonly address: ProjectAddress;
  /** What its sources are made of. */
  readonly options: OptionsOf<typeof sourceItem, ItemKey>;
  /** As that of its sources. */
  readonly sls: SlsConfig;
  /** As that of its sources. */
  readonly hec: HecConfig;
  /** As that of its sources. */
  readonly consumer: ConsumerConfig;
}

/** How the shards of a logstore are read. */
export interface ConsumerConfig extends OptionsOf<typeof consumerOptions, "group"> {
  /** Consumer group. */
  readonly group: string;
}

/** How to reach Splunk, and what is sent there. */
export interface HecConfig
  extends OptionsOf<typeof hecOptions, "url" | "urls" | "token" | "tls" | "proxy" | "no_proxy"> {
  /** The same for sources that share one client: tokens, collectors, TLS, proxies and timeouts are equal. */
  readonly clientId: string;
  /** The same for clients of the same collectors, which share requests in flight, rate and age of connections. */
  readonly setId: string;
  /** Where its options are written, for messages: `hec` or `sources[1].hec`. */
  readonly path: string;
  /** At least one, no two the same. */
  readonly urls: readonly [HecTarget, ...HecTarget[]];
  /** HEC token. */
  readonly token: ReloadableSecret;
  /** Certificates. */
  readonly tls: HecTlsConfig;
}

/** A collector, and how it is reached. */
export interface HecTarget extends HecUrl {
  /** Undefined: it is reached directly. */
  readonly proxy: Proxy | undefined;
}

/** Certificates of the collectors' TLS. */
export interface HecTlsConfig extends OptionsOf<typeof hecTlsOptions, "cert_file" | "key_file"> {
  /** Own certificate and its key (PEM); undefined for none. */
  readonly client: { readonly certFile: string; readonly keyFile: string } | undefined;
}
