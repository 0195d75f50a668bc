import type { PlaneDeps } from "./app_deps.ts";
import { systemClock } from "./base/clock.ts";
import { fromPortable } from "./base/portable.ts";
import type { Config } from "./config/config.ts";
import type { DataPlane } from "./consumer/ports.ts";
import { IsolatePlanes } from "./isolate_planes.ts";
import { CallsToMain } from "./pipeline/calls_to_main.ts";
import { CredentialsInMain } from "./pipeline/credentials_in_main.ts";
import { DeadLettersInMain } from "./pipeline/dead_letters_in_main.ts";
import { TokenInMain } from "./pipeline/token_in_main.ts";
import { WorkerHost } from "./pipeline/worker_host.ts";
import type { FromWorker, MessagePortLike, ToWorker } from "./pipeline/worker_messages.ts";
import { SlsConnections } from "./sls_connections.ts";

/** What a worker of the data plane is told first. */
export interface PlaneSetup {
  /** The configuration, with this worker's share of the memory and of the requests in place of the whole. */
  readonly config: Config;
  /** The certificates and keys that the configuration names, by path: a worker may read no files. */
  readonly pems: ReadonlyMap<string, string>;
  readonly userAgent: string;
}

/** The worker's end: sets itself up by the first message, and serves until it is terminated. */
export function serveDataPlane(port: MessagePortLike<FromWorker, ToWorker>): void {
  const post = (message: FromWorker) => port.postMessage(message);
  let host: WorkerHost | undefined;
  port.onmessage = ({ data }) => {
    if (data.type === "setup") host = setUp(fromPortable(data.setup) as PlaneSetup, post);
    else host!.handle(data);
  };
}

function setUp(
  { config, pems, userAgent }: PlaneSetup,
  post: (message: FromWorker) => void,
): WorkerHost {
  const clock = systemClock;
  const calls = new CallsToMain(post);
  const deps: PlaneDeps = {
    clock,
    random: Math.random,
    uuid: () => crypto.randomUUID(),
    readTextFile: (path) => {
      const text = pems.get(path);
      if (text === undefined) throw new Error("it was not handed to the worker");
      return text;
    },
    telemetry: (event) => post({ type: "telemetry", event }),
    userAgent,
  };
  const planes = new IsolatePlanes(config, {
    ...deps,
    slsConnections: new SlsConnections(config.sls, new CredentialsInMain(calls, clock), deps),
    deadLetters: new DeadLettersInMain(calls),
    hecToken: new TokenInMain(calls, clock),
    onHold: (source, held) => post({ type: "hold", source, held }),
  });
  const made: DataPlane[] = config.sources.map((source) => planes.planeOf(source));
  return new WorkerHost({
    post,
    planeOf: (source) => made[source]!,
    hold: (source, held) => planes.hold(source, held),
    calls,
  });
}
