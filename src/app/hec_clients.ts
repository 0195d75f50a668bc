import type { FileDeps, PlaneDeps } from "./deps.ts";
import {
  checkProxies,
  type HecSecrets,
  openCollectorCheck,
  openHec,
  openHecSecrets,
} from "./open_hec.ts";
import { Opened } from "../base/opened.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { HecConfig, SourceConfig } from "../config/config.ts";
import { CollectorSet } from "../hec/collector_set.ts";
import type { HecClient } from "../hec/hec_client.ts";

/** Opens the HEC clients of all sources, with token and certificates as configured for each. */
export function openHecClients(deps: FileDeps): HecClients {
  return new HecClients((hec) => openHecSecrets(hec, deps), deps);
}

/** A client that sources are sent through. */
interface OpenClient {
  readonly id: string;
  readonly client: HecClient;
  readonly stop: AbortController;
}

/**
 * The HEC clients of one isolate, opened with the first source that needs them and closed with the last. Sources with the
 * same collectors, token, certificates, headers and timeouts share one; others have their own, so that no token or
 * certificate is shown to a collector that it was not written for. Clients of the same collectors share the number of
 * requests in flight.
 */
export class HecClients implements AsyncDisposable {
  readonly #openSecrets: (hec: HecConfig) => HecSecrets;
  readonly #deps: PlaneDeps;
  /** By id of the client. */
  readonly #secrets = new Map<string, HecSecrets>();
  /** By id; the users are sources. */
  readonly #clients = new Opened<OpenClient>();
  /** By id; the users are clients. */
  readonly #sets = new Opened<CollectorSet>();
  readonly #stop = new AbortController();
  readonly #tasks = new TaskGroup(this.#stop.signal);

  /**
   * @param openSecrets Opens what connections take from files; throws an `OperatorError` when one cannot be used.
   */
  constructor(openSecrets: (hec: HecConfig) => HecSecrets, deps: PlaneDeps) {
    this.#openSecrets = openSecrets;
    this.#deps = deps;
  }

  /**
   * What the connections of a client take from files, opened once.
   * @throws {OperatorError} when one cannot be used, and as `checkProxies`.
   */
  secretsFor(hec: HecConfig): HecSecrets {
    const known = this.#secrets.get(hec.clientId);
    if (known) return known;
    checkProxies(hec);
    const secrets = this.#openSecrets(hec);
    this.#secrets.set(hec.clientId, secrets);
    return secrets;
  }

  /**
   * The same for workers.
   * @param clientId Of a client whose secrets are open.
   */
  secretsOf(clientId: string): HecSecrets {
    const secrets = this.#secrets.get(clientId);
    if (!secrets) {
      throw new Error(`Cannot give the token of HEC client ${clientId}: it is not open`);
    }
    return secrets;
  }

  /**
   * The client of a source, which is open until that is removed.
   * @throws {OperatorError} as `secretsFor`.
   */
  of({ name, hec }: Pick<SourceConfig, "name" | "hec">): HecClient {
    return this.#clients.use(name, hec.clientId, () => this.#open(hec)).client;
  }

  /** Forgets a source, whose deliveries must have ended. */
  remove(name: string): void {
    const open = this.#clients.leave(name);
    if (!open) return;
    open.stop.abort(new DOMException("Its last source is removed", "AbortError"));
    this.#sets.leave(open.id);
  }

  /**
   * Checks the collectors of each client, as at the start of the program. Ends when all are good, or `signal` aborts.
   * @throws {OperatorError} as `secretsFor`.
   */
  async check(configs: Iterable<HecConfig>, signal: AbortSignal): Promise<void> {
    const clients = new Map<string, HecConfig>();
    for (const hec of configs) if (!clients.has(hec.clientId)) clients.set(hec.clientId, hec);
    await using tasks = new TaskGroup(signal);
    for (const hec of clients.values()) {
      const check = openCollectorCheck(hec, this.secretsFor(hec), this.#deps);
      tasks.spawn(hec.path, (signal) => check.run(signal));
    }
    await tasks.join();
  }

  #open(config: HecConfig): OpenClient {
    const { clientId: id, setId, maxConcurrentRequests } = config;
    const secrets = this.secretsFor(config);
    const set = this.#sets.use(id, setId, () => new CollectorSet(maxConcurrentRequests));
    const client = openHec(config, secrets, set, this.#deps);
    const open = { id, client, stop: new AbortController() };
    this.#tasks.spawn(`client of ${config.path}`, async (signal) => {
      await client.run(AbortSignal.any([signal, open.stop.signal]));
    });
    return open;
  }

  /** Closes all connections; the deliveries must have ended before. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new DOMException("Everything is delivered", "AbortError"));
    await this.#tasks[Symbol.asyncDispose]();
  }
}
