import type { AppEnd } from "../app/app.ts";
import { systemClock } from "../base/clock.ts";
import { ExitCode, USER_AGENT } from "./program.ts";
import { loadConfigAndGrant } from "./load.ts";
import { reportMissing, unrestricted, withWorkerReadAccess } from "./permissions.ts";
import { StopSignals } from "./signals.ts";

/**
 * `sls2hec run`: forwards until stopped.
 * @param configPath The YAML file; undefined when the environment holds the whole configuration.
 */
export async function runCommand(configPath: string | undefined): Promise<ExitCode> {
  const loaded = loadConfigAndGrant(configPath, "run", "written");
  if (!loaded) return ExitCode.usage;
  const { config } = loaded;
  // With `workers: auto`, the program runs without workers if it may not read their modules.
  const grant = config.workers === "auto"
    ? loaded.grant
    : withWorkerReadAccess(loaded.grant, config);
  if (reportMissing(grant)) return ExitCode.usage;
  using stop = new StopSignals(systemClock);
  // An executable that was built without a configuration has every permission: drop what this one does not need.
  const isUnrestricted = Deno.build.standalone && unrestricted().length > 0;
  if (isUnrestricted) {
    const { runSandboxed } = await import("./sandboxed_run.ts");
    return exitCodeOf(await runSandboxed(config, grant, stop.signal));
  }
  const { App } = await import("../app/app.ts");
  await using app = await App.open(config, USER_AGENT);
  return exitCodeOf(await app.run(stop.signal));
}

function exitCodeOf({ abandonedShards }: AppEnd): ExitCode {
  return abandonedShards === 0 ? ExitCode.ok : ExitCode.failed;
}
