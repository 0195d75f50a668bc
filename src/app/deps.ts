import { systemClock } from "../base/clock.ts";
import type { Env } from "../base/env.ts";
import { forgetProxyVariables } from "../base/runtime_variables.ts";
import { LocalProxyBreakers, type ProxyBreakers } from "../base/proxy_breakers.ts";
import { readTextFile } from "../base/read_text_file.ts";
import type { Telemetry } from "../base/telemetry.ts";
import type { DataPlaneWorkerLike } from "../workers/worker_messages.ts";
import { mayLoadWorkers, startDataPlaneWorker } from "../workers/spawn.ts";

/** What the program takes from outside. */
export interface AppDeps extends FileDeps {
  readonly hostname: () => string;
  readonly pid: number;
  /** Cores that this process may use, with workers in them. */
  readonly cores: number;
  /** Starts a worker of the data plane that may reach these hosts, `host:port`, and do nothing else. */
  readonly startWorker: (hosts: readonly string[]) => DataPlaneWorkerLike;
}

/** What the data plane of one isolate takes from outside. */
export interface PlaneDeps extends Env {
  readonly uuid: () => string;
  /** Product and version, for both servers. */
  readonly userAgent: string;
  /** Shared by all connections through proxies; each side has its own when left out. */
  readonly proxies?: ProxyBreakers | undefined;
}

/** Of the main isolate: with files, which a worker must not read, and the proxies' own breakers. */
export interface FileDeps extends PlaneDeps {
  readonly proxies?: LocalProxyBreakers | undefined;
  readonly readTextFile: (path: string) => string;
}

/** The real system, without the proxy variables of the environment: only configured proxies are used. */
export function systemDeps(telemetry: Telemetry, userAgent: string): AppDeps {
  forgetProxyVariables();
  return {
    clock: systemClock,
    random: Math.random,
    proxies: new LocalProxyBreakers({ clock: systemClock, random: Math.random }),
    uuid: () => crypto.randomUUID(),
    hostname: () => Deno.hostname(),
    pid: Deno.pid,
    cores: mayLoadWorkers() ? navigator.hardwareConcurrency : 1,
    startWorker: startDataPlaneWorker,
    readTextFile,
    telemetry,
    userAgent,
  };
}
