import { type Clock, systemClock } from "./base/clock.ts";
import { describeError, HintedError } from "./base/hinted_error.ts";
import type { Telemetry } from "./base/telemetry.ts";

/** What the program needs of its surroundings. */
export interface AppDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly uuid: () => string;
  readonly hostname: () => string;
  readonly pid: number;
  readonly readTextFile: (path: string) => string;
  readonly telemetry: Telemetry;
  /** Product and version, for both servers. */
  readonly userAgent: string;
}

/** The real surroundings. */
export function systemDeps(telemetry: Telemetry, userAgent: string): AppDeps {
  return {
    clock: systemClock,
    random: Math.random,
    uuid: () => crypto.randomUUID(),
    hostname: () => Deno.hostname(),
    pid: Deno.pid,
    readTextFile: (path) => Deno.readTextFileSync(path),
    telemetry,
    userAgent,
  };
}

/**
 * Reads a certificate or key.
 * @param option Names it in the error.
 * @throws {HintedError} when it cannot be read.
 */
export function readPem({ readTextFile }: AppDeps, option: string, path: string): string {
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
