import { runApp } from "../app.ts";
import { systemClock } from "../base/clock.ts";
import { ExitCode } from "./exit_code.ts";
import { loadGranted } from "./load_granted.ts";
import { missingPermissions } from "./missing_permissions.ts";
import { StopSignals } from "./stop_signals.ts";
import { USER_AGENT } from "./version.ts";

/**
 * `sls2hec run`: forwards until it is stopped.
 * @param configPath The YAML file; undefined when the environment says everything.
 */
export async function runCommand(configPath: string | undefined): Promise<ExitCode> {
  const loaded = loadGranted(configPath);
  if (!loaded) return ExitCode.usage;
  const missing = missingPermissions(loaded.grant);
  if (missing.length > 0) {
    console.error(
      [
        "error: Cannot start: this program was not given what the configuration needs. It may not",
        ...missing.map((line) => `  ${line}`),
        "hint: Start it by `deno task start -c FILE`, or make the executable again by " +
        "`deno task compile -c FILE`, with this configuration",
      ].join("\n"),
    );
    return ExitCode.usage;
  }
  using stop = new StopSignals(systemClock);
  const { abandonedShards } = await runApp(loaded.config, USER_AGENT, stop.signal);
  return abandonedShards === 0 ? ExitCode.ok : ExitCode.failed;
}
