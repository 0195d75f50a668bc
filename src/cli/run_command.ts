import { runApp } from "../app.ts";
import { systemClock } from "../base/clock.ts";
import { formatProblems } from "../config/problem.ts";
import { readConfig } from "../config/read_config.ts";
import { ExitCode } from "./exit_code.ts";
import { StopSignals } from "./stop_signals.ts";
import { USER_AGENT } from "./version.ts";

/**
 * `sls2hec run`: forwards until it is stopped.
 * @param configPath The YAML file; undefined when the environment says everything.
 */
export async function runCommand(configPath: string | undefined): Promise<ExitCode> {
  const loaded = readConfig(configPath);
  if (!loaded.ok) {
    console.error(formatProblems(loaded.problems));
    return ExitCode.usage;
  }
  using stop = new StopSignals(systemClock);
  const { abandonedShards } = await runApp(loaded.config, USER_AGENT, stop.signal);
  return abandonedShards === 0 ? ExitCode.ok : ExitCode.failed;
}
