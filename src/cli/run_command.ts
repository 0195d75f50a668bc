import { App, systemDeps } from "../app.ts";
import { systemClock } from "../base/clock.ts";
import { describeError } from "../base/hinted_error.ts";
import type { Config } from "../config/config.ts";
import { formatProblems } from "../config/problem.ts";
import { readConfig } from "../config/read_config.ts";
import { startProgramLog } from "../observe/program_log.ts";
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
  const log = await openLog(loaded.config);
  if (!log) return ExitCode.usage;
  await using _log = log;
  using stop = new StopSignals(systemClock);
  const app = new App(loaded.config, systemDeps(log.telemetry, USER_AGENT));
  const { abandonedShards } = await app.run(stop.signal);
  return abandonedShards === 0 ? ExitCode.ok : ExitCode.failed;
}

async function openLog(config: Config) {
  try {
    return await startProgramLog({ ...config.log, clock: systemClock });
  } catch (error) {
    console.error(
      `error: Cannot open the log file ${config.log.file}: ${describeError(error)}\n` +
        "hint: Check log.file, and that its folder exists and may be written",
    );
    return undefined;
  }
}
