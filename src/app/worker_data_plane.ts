import type { AppDeps } from "./deps.ts";
import type { TlsFiles } from "../base/tls_files.ts";
import type { Config, SourceConfig } from "../config/config.ts";
import { allowedHosts } from "../config/allowed_hosts.ts";
import type { DataPlane } from "../consumer/ports.ts";
import type { DeadLetterPort } from "../dead_letters/dead_letter.ts";
import type { HecToken } from "../hec/hec_token.ts";
import { checkProxies } from "./open_hec.ts";
import { RemoteDataPlane } from "../workers/remote_data_plane.ts";
import { WorkerPool } from "../workers/worker_pool.ts";
import type { PlaneSetup } from "./data_plane_worker.ts";
import type { CredentialsProvider } from "../sls/credentials.ts";

/** What the data plane in workers stands on. */
export interface WorkerPlanesDeps extends AppDeps {
  readonly credentials: CredentialsProvider;
  readonly hecToken: HecToken;
  readonly slsTls: TlsFiles;
  readonly hecTls: TlsFiles;
  readonly deadLetters: DeadLetterPort;
}

/**
 * The data planes of all sources in workers, which may reach the hosts of SLS and HEC and do nothing else: no
 * files, no variables, no other hosts. The memory budget and the requests in flight are divided among them.
 */
export class WorkerPlanes implements AsyncDisposable {
  readonly #pool: WorkerPool;

  /** @throws {OperatorError} as `checkProxies`. */
  constructor(config: Config, workers: number, deps: WorkerPlanesDeps) {
    checkProxies(config.hec);
    const hosts = allowedHosts(config);
    const { credentials, hecToken, deadLetters, proxies } = deps;
    const tls = { sls: deps.slsTls, hec: deps.hecTls };
    this.#pool = new WorkerPool(deps, {
      workers,
      services: { credentials, hecToken, deadLetters, tls, proxies },
      start: () => deps.startWorker(hosts),
      setupOf: (index): PlaneSetup => {
        const userAgent = deps.userAgent;
        return { config: shareOf(config, index, workers), userAgent };
      },
    });
  }

  /** Starts the first worker: as `WorkerPool.proveStart`. */
  async proveStart(signal: AbortSignal): Promise<void> {
    await this.#pool.proveStart(signal);
  }

  add(source: SourceConfig): DataPlane {
    this.#pool.addSource(source.name, source);
    return new RemoteDataPlane(this.#pool, source.name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]();
  }
}

/** The configuration of one of several workers; the shares add up to the whole. */
export function shareOf(config: Config, index: number, workers: number): Config {
  const { memoryBudgetBytes, hec } = config;
  const even = Math.floor(hec.maxConcurrentRequests / workers);
  const rest = hec.maxConcurrentRequests % workers;
  return {
    ...config,
    memoryBudgetBytes: Math.floor(memoryBudgetBytes / workers),
    hec: { ...hec, maxConcurrentRequests: even + (index < rest ? 1 : 0) },
  };
}
