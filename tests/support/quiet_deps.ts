import type { FileDeps } from "../../src/app/deps.ts";
import type { Clock } from "../../src/base/clock.ts";

/** Surroundings with a clock of the test's, empty files, and telemetry that is dropped. */
export function quietDeps(clock: Clock): FileDeps {
  return {
    clock,
    random: Math.random,
    uuid: () => crypto.randomUUID(),
    readTextFile: () => "",
    telemetry: () => {},
    userAgent: "sls2hec/test",
  };
}
