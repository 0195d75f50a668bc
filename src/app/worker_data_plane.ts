import type { AppDeps } from "./deps.ts";
import { dataPlaneHosts } from "../config/data_plane_hosts.ts";
import type { PullRates } from "../base/pull_rates.ts";
import type { Config } from "../config/config.ts";
import type { DeadLetterPort } from "../dead_letters/dead_letter.ts";
import { RemoteDataPlane } from "../workers/remote_data_plane.ts";
import { WorkerPool } from "../workers/worker_pool.ts";
import type { PlaneSetup } from "./data_plane_worker_main.ts";
import type { HecClients } from "./hec_clients.ts";
import { shareOf } from "./worker_share.ts";
import type { Sls } from "./open_sls.ts";
import type { DataPlanes } from "./sources.ts";

/** What the main isolate has and the workers ask it for. */
interface WorkerServices {
  readonly secrets: { readonly sls: Sls; readonly hec: HecClients };
  readonly deadLetters: DeadLetterPort;
  readonly rates: PullRates;
}

/** The data plane in workers. */
interface WorkerDataPlane extends DataPlanes {
  /** Starts the first worker, as `WorkerPool.proveStart`. */
  proveStart(signal: AbortSignal): Promise<void>;
}

/**
 * Makes the data plane in workers, which may reach the hosts of SLS and HEC and do nothing else: no files, no
 * variables, no other hosts. The memory budget and the requests in flight are divided among them.
 */
export function workerDataPlane(
  config: Config,
  workers: number,
  { secrets: { sls, hec }, deadLetters, rates }: WorkerServices,
  deps: AppDeps,
): WorkerDataPlane {
  const hosts = dataPlaneHosts(config);
  const { proxies, userAgent } = deps;
  const pool = new WorkerPool(deps, {
    workers,
    services: {
      sls: (id) => sls.secretsOf(id),
      hec: (id) => hec.secretsOf(id),
      deadLetters,
      proxies,
      rates,
    },
    start: () => deps.startWorker(hosts),
    setupOf: (index): PlaneSetup => {
      return { config: shareOf(config, workers), worker: { index, workers }, userAgent };
    },
  });
  return {
    proveStart: (signal) => pool.proveStart(signal),
    add: (source) => {
      hec.secretsFor(source.hec); // workers ask for them
      pool.addSource(source.name, source);
      return new RemoteDataPlane(pool, source.name);
    },
    remove: (id) => pool.removeSource(id),
    [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
  };
}
