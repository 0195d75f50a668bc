/// <reference lib="webworker" />
/** Entry of a worker of the data plane, which `worker_data_plane.ts` starts: sets itself up by the first message. */
import type { PlaneDeps } from "./deps.ts";
import { systemClock } from "../base/clock.ts";
import { deserialize } from "../workers/serialize.ts";
import { noTlsFiles } from "../base/tls_files.ts";
import type { Config, HecConfig, SlsConfig, SourceConfig } from "../config/config.ts";
import { LocalDataPlane } from "./local_data_plane.ts";
import { hasTlsFiles } from "./tls_files.ts";
import { MainRpcClient, RemoteDeadLetters } from "../workers/main_rpc.ts";
import { RemoteProxies } from "../workers/remote_proxies.ts";
import { RemoteRates } from "../workers/remote_rates.ts";
import { remoteCredentials, remoteTlsFiles, remoteToken } from "../workers/remote_value.ts";
import { WorkerHost } from "../workers/worker_host.ts";
import { serveIsolate } from "../workers/isolate_link.ts";
import type { FromWorker, ToWorker } from "../workers/worker_messages.ts";
import { HecClients } from "./hec_clients.ts";
import type { HecSecrets } from "./open_hec.ts";
import { Sls, type SlsSecrets } from "./open_sls.ts";
import { rateLimitsOf } from "./rate_limits.ts";
import { sourceShareOf, type WorkerPlace } from "./worker_share.ts";

/** The first message to a worker of the data plane. */
export interface PlaneSetup {
  /** The configuration, with this worker's share of the memory in place of the whole. */
  readonly config: Config;
  readonly worker: WorkerPlace;
  readonly userAgent: string;
}

function setUp(
  { config, worker, userAgent }: PlaneSetup,
  post: (message: FromWorker) => void,
): WorkerHost {
  const clock = systemClock;
  const main = new MainRpcClient(post);
  const proxies = new RemoteProxies(post);
  const rates = new RemoteRates(post);
  const deps: PlaneDeps = {
    proxies,
    clock,
    random: Math.random,
    uuid: () => crypto.randomUUID(),
    telemetry: (event) => post({ type: "telemetry", event }),
    userAgent,
  };
  const slsSecrets = ({ id, caFile }: SlsConfig): SlsSecrets => ({
    credentials: remoteCredentials(id, main, clock),
    tls: caFile === undefined ? noTlsFiles : remoteTlsFiles({ kind: "sls_tls", id }, main, clock),
  });
  const hecSecrets = ({ clientId: id, tls }: HecConfig): HecSecrets => ({
    token: remoteToken(id, main, clock),
    tls: hasTlsFiles(tls) ? remoteTlsFiles({ kind: "hec_tls", id }, main, clock) : noTlsFiles,
  });
  const sls = new Sls(slsSecrets, deps);
  const planes = new LocalDataPlane(config, {
    env: deps,
    sls,
    hec: new HecClients(hecSecrets, deps),
    deadLetters: new RemoteDeadLetters(main),
    onHold: (source, held) => post({ type: "hold", source, held }),
    pullRateOf: (source) => rateLimitsOf(source).length > 0 ? rates.of(source.name) : undefined,
  });
  return new WorkerHost({
    post,
    sources: {
      add: (_name, setup) => planes.add(sourceShareOf(setup as SourceConfig, worker)),
      remove: (name) => {
        planes.remove(name);
        sls.remove(name);
      },
      hold: (name, held) => planes.hold(name, held),
    },
    proxies,
    rates,
    main,
  });
}

let host: WorkerHost | undefined;
serveIsolate<ToWorker, FromWorker>(self, (message, post) => {
  if (message.type === "setup") host = setUp(deserialize(message.setup) as PlaneSetup, post);
  else host!.handle(message);
});
