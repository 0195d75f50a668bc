import { systemClock } from "../base/clock.ts";
import { ExitCode } from "./exit_code.ts";
import { loadGranted } from "./load_granted.ts";
import { widePermissions } from "./own_permissions.ts";
import { withWorkers } from "./own_sources.ts";
import { StopSignals } from "./stop_signals.ts";
import { tellMissing } from "./tell_missing.ts";
import { USER_AGENT } from "./version.ts";

/**
 * `sls2hec run`: forwards until it is stopped.
 * @param configPath The YAML file; undefined when the environment says everything.
 */
export async function runCommand(configPath: string | undefined): Promise<ExitCode> {
  const loaded = loadGranted(configPath, "run", "written");
  if (!loaded) return ExitCode.usage;
  const { config } = loaded;
  // Automatic goes without workers where they cannot be loaded.
  const grant = config.workers === "auto" ? loaded.grant : withWorkers(loaded.grant, config);
  if (tellMissing(grant)) return ExitCode.usage;
  using stop = new StopSignals(systemClock);
  const run = async () => {
    // A program that was made for no configuration may do everything: it gives up what this one does not need.
    if (Deno.build.standalone && widePermissions().length > 0) {
      const { runNarrowed } = await import("./narrowed_run.ts");
      return await runNarrowed(config, grant, stop.signal);
    }
    const { runApp } = await import("../app/app.ts");
    return await runApp(config, USER_AGENT, stop.signal);
  };
  const { abandonedShards } = await run();
  return abandonedShards === 0 ? ExitCode.ok : ExitCode.failed;
}
