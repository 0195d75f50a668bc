import { type Clock, systemClock } from "./base/clock.ts";
import { describeError, HintedError } from "./base/hinted_error.ts";
import { forgetProxyVariables } from "./base/proxy_variables.ts";
import { readTextFile } from "./base/read_text_file.ts";
import type { Telemetry } from "./base/telemetry.ts";
import type { WorkerLike } from "./pipeline/worker_messages.ts";
import { mayLoadWorkers, startDataPlaneWorker } from "./start_data_plane_worker.ts";

/** What the program needs of its surroundings. */
export interface AppDeps extends PlaneDeps {
  readonly hostname: () => string;
  readonly pid: number;
  /** Cores that this process may use, with workers in them. */
  readonly cores: number;
  /** Starts a worker of the data plane that may reach these hosts, `host:port`, and do nothing else. */
  readonly startWorker: (hosts: readonly string[]) => WorkerLike;
}

/** What the data plane of one isolate needs of them. */
export interface PlaneDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly uuid: () => string;
  readonly readTextFile: (path: string) => string;
  readonly telemetry: Telemetry;
  /** Product and version, for both servers. */
  readonly userAgent: string;
}

/** The real surroundings, without the proxies of the environment: those of the configuration alone are used. */
export function systemDeps(telemetry: Telemetry, userAgent: string): AppDeps {
  forgetProxyVariables();
  return {
    clock: systemClock,
    random: Math.random,
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

/**
 * Reads a certificate or key.
 * @param option Names it in the error.
 * @throws {HintedError} when it cannot be read.
 */
export function readPem(
  { readTextFile }: Pick<PlaneDeps, "readTextFile">,
  option: string,
  path: string,
): string {
  try {
    return readTextFile(path);
  } catch (error) {
    throw new HintedError(
      `Cannot read ${path}: ${describeError(error)}`,
      `Set ${option} to a PEM file that this program may read`,
      { cause: error },
    );
  }
}
