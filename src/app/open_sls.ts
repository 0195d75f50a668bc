import type { FileDeps, PlaneDeps } from "./deps.ts";
import { SlsConnections } from "./sls_connections.ts";
import { slsCredentials } from "./sls_credentials.ts";
import { slsTlsFiles } from "./tls_files.ts";
import { UsageError } from "../base/errors.ts";
import type { Env } from "../base/env.ts";
import { retry } from "../base/retry.ts";
import type { TlsOptionNames } from "../base/explain_tls.ts";
import { LocalProxyBreakers, type ProxyBreakers } from "../base/proxy_breakers.ts";
import { nameOf } from "../base/proxy_failure.ts";
import { ServerWay } from "../base/server_way.ts";
import type { TlsFiles } from "../base/tls_files.ts";
import type { SlsConfig, SourceConfig } from "../config/config.ts";
import { ConsumerGroup } from "../sls/consumer_group.ts";
import type { CredentialsProvider } from "../sls/credentials.ts";
import { Logstore } from "../sls/logstore.ts";
import { PullLogs } from "../sls/pull_logs.ts";
import { SlsRequester } from "../sls/requester.ts";
import { Shards } from "../sls/shards.ts";
import { SlsError, type SlsErrorKind } from "../sls/sls_error.ts";

const TLS_OPTIONS: TlsOptionNames = {
  server: "the SLS endpoint",
  url: "sls.endpoint",
  caFile: "sls.ca_file",
  fingerprint: undefined,
  client: undefined,
};

/** What the connections to SLS take from files or from the instance, which may change at any time. */
export interface SlsSecrets extends Partial<Disposable> {
  readonly credentials: CredentialsProvider;
  readonly tls: TlsFiles;
}

/**
 * Opens the connections to SLS, with credentials and certificates as configured.
 * @throws {OperatorError} when a certificate file cannot be used.
 */
export function openSls(config: SlsConfig, deps: FileDeps): Sls {
  const tls = slsTlsFiles(config, deps);
  const credentials = slsCredentials(config, tls, deps);
  const secrets = { tls, credentials, [Symbol.dispose]: () => credentials[Symbol.dispose]() };
  return new Sls(config, secrets, deps);
}

/** The calls to SLS for one source. */
interface SlsSource {
  readonly group: ConsumerGroup;
  readonly shards: Shards;
  readonly logstore: Logstore;
  readonly pullLogs: PullLogs;
}

/** The connections to SLS: one set for all projects, as the `Host` header names the project. Disposing ends them. */
export class Sls implements Disposable {
  readonly #config: SlsConfig;
  readonly secrets: SlsSecrets;
  readonly #deps: PlaneDeps;
  readonly #connections: SlsConnections;
  /** By id. */
  readonly #sources = new Map<string, SlsSource>();
  /** By origin. */
  readonly #ways = new Map<string, ServerWay>();
  readonly #proxies: ProxyBreakers;

  constructor(config: SlsConfig, secrets: SlsSecrets, deps: PlaneDeps) {
    this.#config = config;
    this.secrets = secrets;
    this.#deps = deps;
    this.#proxies = deps.proxies ?? new LocalProxyBreakers(deps);
    this.#connections = new SlsConnections(config, secrets.tls, this.#proxies, deps.clock);
  }

  /** The calls for a source: always the same ones, as they learn the server's time. */
  of(source: SourceConfig): SlsSource {
    const { name, project, logstore, consumer } = source;
    const known = this.#sources.get(name);
    if (known) return known;
    const requester = this.#requesterOf(source);
    const calls: SlsSource = {
      group: new ConsumerGroup(requester, project, logstore, consumer.group),
      shards: new Shards(requester, project, logstore),
      logstore: new Logstore(requester, project, logstore),
      pullLogs: new PullLogs(requester, project, logstore),
    };
    this.#sources.set(name, calls);
    return calls;
  }

  /** Forgets a source, whose calls must have ended. */
  remove(id: string): void {
    this.#sources.delete(id);
  }

  /** Signs and sends the requests of a source. */
  #requesterOf({ address }: SourceConfig): SlsRequester {
    const { signature, timeoutMs } = this.#config;
    const { clock, userAgent } = this.#deps;
    const { origin, hostHeader: host } = address;
    return new SlsRequester({
      address: { origin, host },
      credentials: this.secrets.credentials,
      signV4Region: signature.version === "v4" ? signature.region : undefined,
      timeoutMs,
      userAgent,
      clock,
      way: this.#wayTo(origin, this.#connections.proxyTo(address)),
      fetch: this.#connections.fetchTo(address, TLS_OPTIONS),
    });
  }

  /** Shared by all sources with the same address. */
  #wayTo(origin: string, proxyUrl: string | undefined): ServerWay {
    const known = this.#ways.get(origin);
    if (known) return known;
    const proxy = proxyUrl === undefined ? undefined : this.#proxies.of(proxyUrl);
    const proxyName = proxyUrl && nameOf({ proxyUrl, option: "sls.proxy" });
    const way = new ServerWay(this.#deps, { proxy, proxyName });
    this.#ways.set(origin, way);
    return way;
  }

  [Symbol.dispose](): void {
    this.#connections[Symbol.dispose]();
    this.secrets[Symbol.dispose]?.();
  }
}

/** What does not exist, however often it is asked for. */
const MISSING = new Set<SlsErrorKind>(["project_missing", "logstore_missing", "shard_missing"]);

/**
 * Makes a call to SLS for an operator, again while it fails in a way that may pass.
 * @param tries Number of tries; without end when left out.
 * @throws {UsageError} when what is asked for does not exist.
 * @throws the last failure, or the reason of `signal`.
 */
export async function retrySls<T>(
  env: Env,
  { about, tries = Infinity }: { readonly about: string; readonly tries?: number },
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const mayPass = (error: unknown) => error instanceof SlsError && error.passes;
  try {
    return await retry(env, { about, tries, mayPass }, signal, () => work(signal));
  } catch (error) {
    if (!(error instanceof SlsError && MISSING.has(error.kind))) throw error;
    throw new UsageError(error.message, error.hint, { cause: error });
  }
}
