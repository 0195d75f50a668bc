import type { FileDeps, PlaneDeps } from "./deps.ts";
import { SlsConnections } from "./sls_connections.ts";
import { slsCredentials } from "./sls_credentials.ts";
import { slsTlsFiles } from "./tls_files.ts";
import { UsageError } from "../base/errors.ts";
import type { Env } from "../base/env.ts";
import { retry } from "../base/retry.ts";
import { LocalProxyBreakers, type ProxyBreakers } from "../base/proxy_breakers.ts";
import { Opened } from "../base/opened.ts";
import { nameOf } from "../base/proxy_failure.ts";
import { ServerWay } from "../base/server_way.ts";
import type { TlsFiles } from "../base/tls_files.ts";
import type { SlsConfig, SourceConfig, SourcePattern } from "../config/config.ts";
import type { ProjectAddress } from "../config/types/urls.ts";
import { ConsumerGroup } from "../sls/consumer_group.ts";
import type { CredentialsProvider } from "../sls/credentials.ts";
import { Logstore } from "../sls/logstore.ts";
import { Logstores } from "../sls/logstores.ts";
import { PullLogs } from "../sls/pull_logs.ts";
import { SlsRequester } from "../sls/requester.ts";
import { Shards } from "../sls/shards.ts";
import { SlsError, type SlsErrorKind } from "../sls/sls_error.ts";

/** What the connections of one `sls` take from files or from the instance, which may change at any time. */
export interface SlsSecrets extends Partial<Disposable> {
  readonly credentials: CredentialsProvider;
  readonly tls: TlsFiles;
}

/** Opens the connections to SLS of all sources, with credentials and certificates as configured for each. */
export function openSls(deps: FileDeps): Sls {
  return new Sls((config) => {
    const tls = slsTlsFiles(config, deps);
    const credentials = slsCredentials(config, tls, deps);
    return { tls, credentials, [Symbol.dispose]: () => credentials[Symbol.dispose]() };
  }, deps);
}

/** The calls to SLS for one source. */
interface SlsSource {
  readonly group: ConsumerGroup;
  readonly shards: Shards;
  readonly logstore: Logstore;
  readonly pullLogs: PullLogs;
}

/**
 * The connections to SLS, opened with the first source that needs them and closed with the last. Sources with the same
 * options share them; sources with others have their own, so that no credentials sign a request of another source.
 */
export class Sls implements Disposable {
  readonly #openSecrets: (config: SlsConfig) => SlsSecrets;
  readonly #deps: PlaneDeps;
  /** By id of the options; the users are sources and patterns. */
  readonly #servers = new Opened<SlsServer>();
  /** By name. */
  readonly #sources = new Map<string, SlsSource>();
  readonly #proxies: ProxyBreakers;

  /**
   * @param openSecrets Opens what connections take from files; throws an `OperatorError` when one cannot be used.
   */
  constructor(openSecrets: (config: SlsConfig) => SlsSecrets, deps: PlaneDeps) {
    this.#openSecrets = openSecrets;
    this.#deps = deps;
    this.#proxies = deps.proxies ?? new LocalProxyBreakers(deps);
  }

  /**
   * The calls for a source: always the same ones, as they learn the server's time.
   * @throws {OperatorError} when a certificate file cannot be used.
   */
  of(source: SourceConfig): SlsSource {
    const { name, project, logstore, consumer } = source;
    const known = this.#sources.get(name);
    if (known) return known;
    const requester = this.#serverOf(name, source.sls).requesterTo(source.address);
    const calls: SlsSource = {
      group: new ConsumerGroup(requester, project, logstore, consumer.group),
      shards: new Shards(requester, project, logstore),
      logstore: new Logstore(requester, project, logstore),
      pullLogs: new PullLogs(requester, project, logstore),
    };
    this.#sources.set(name, calls);
    return calls;
  }

  /**
   * The calls about the logstores of a pattern's project.
   * @throws {OperatorError} as `of`.
   */
  logstoresOf({ name, project, address, sls }: SourcePattern): Logstores {
    // It keeps the connections open, also while no source of the pattern is there.
    const server = this.#serverOf(`pattern ${name}`, sls);
    return new Logstores(server.requesterTo(address), project);
  }

  /** Forgets a source, whose calls must have ended. */
  remove(name: string): void {
    this.#sources.delete(name);
    this.#servers.leave(name)?.[Symbol.dispose]();
  }

  /**
   * What connections take from files, for workers.
   * @param id Of the options of a source that is open.
   */
  secretsOf(id: string): SlsSecrets {
    const server = this.#servers.get(id);
    if (!server) throw new Error(`Cannot give the credentials of sls ${id}: no source uses them`);
    return server.secrets;
  }

  #serverOf(user: string, config: SlsConfig): SlsServer {
    return this.#servers.use(user, config.id, () => {
      return new SlsServer(config, this.#openSecrets(config), this.#proxies, this.#deps);
    });
  }

  [Symbol.dispose](): void {
    for (const server of this.#servers.all) server[Symbol.dispose]();
  }
}

/** The connections with the same options: one set for all projects, as the `Host` header names the project. */
class SlsServer implements Disposable {
  readonly secrets: SlsSecrets;
  readonly #config: SlsConfig;
  readonly #deps: PlaneDeps;
  readonly #connections: SlsConnections;
  /** By origin. */
  readonly #ways = new Map<string, ServerWay>();
  readonly #proxies: ProxyBreakers;

  constructor(config: SlsConfig, secrets: SlsSecrets, proxies: ProxyBreakers, deps: PlaneDeps) {
    this.#config = config;
    this.secrets = secrets;
    this.#deps = deps;
    this.#proxies = proxies;
    this.#connections = new SlsConnections(config, secrets.tls, proxies, deps.clock);
  }

  /** Signs and sends the requests of a source. */
  requesterTo(address: ProjectAddress): SlsRequester {
    const { signature, timeoutMs, path } = this.#config;
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
      fetch: this.#connections.fetchTo(address, {
        server: "the SLS endpoint",
        url: `${path}.endpoint`,
        caFile: `${path}.ca_file`,
        fingerprint: undefined,
        client: undefined,
      }),
    });
  }

  /** Shared by all sources with the same address and options. */
  #wayTo(origin: string, proxyUrl: string | undefined): ServerWay {
    const known = this.#ways.get(origin);
    if (known) return known;
    const proxy = proxyUrl === undefined ? undefined : this.#proxies.of(proxyUrl);
    const proxyName = proxyUrl && nameOf({ proxyUrl, option: `${this.#config.path}.proxy` });
    const way = new ServerWay(this.#deps, { proxy, proxyName });
    this.#ways.set(origin, way);
    return way;
  }

  [Symbol.dispose](): void {
    this.#connections[Symbol.dispose]();
    this.secrets[Symbol.dispose]?.();
  }
}

/** For a command whose operator waits: an early failure is better than a late success. */
export const OPERATOR_TRIES = 4;

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
