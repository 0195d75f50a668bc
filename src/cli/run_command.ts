import { systemClock } from "../base/clock.ts";
import { ExitCode, USER_AGENT } from "./program.ts";
import { loadConfigAndGrant } from "./load.ts";
import { reportMissing, unrestricted, withWorkerReadAccess } from "./permissions.ts";
import { StopSignals } from "./signals.ts";

/**
 * `sls2hec run`: forwards until it is stopped.
 * @param configPath The YAML file; undefined when the environment says everything.
 */
export async function runCommand(configPath: string | undefined): Promise<ExitCode> {
  const loaded = loadConfigAndGrant(configPath, "run", "written");
  if (!loaded) return ExitCode.usage;
  const { config } = loaded;
  // Automatic goes without workers where they cannot be loaded.
  const grant = config.workers === "auto"
    ? loaded.grant
    : withWorkerReadAccess(loaded.grant, config);
  if (reportMissing(grant)) return ExitCode.usage;
  using stop = new StopSignals(systemClock);
  const run = async () => {
    // A program that was made for no configuration may do everything: it gives up what this one does not need.
    if (Deno.build.standalone && unrestricted().length > 0) {
      const { runSandboxed } = await import("./sandboxed_run.ts");
      return await runSandboxed(config, grant, stop.signal);
    }
    const { runApp } = await import("../app/app.ts");
    return await runApp(config, USER_AGENT, stop.signal);
  };
  const { abandonedShards } = await run();
  return abandonedShards === 0 ? ExitCode.ok : ExitCode.failed;
}
