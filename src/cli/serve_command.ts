import { systemClock } from "../base/clock.ts";
import { openDemoWorld, printLedger } from "./demo_command.ts";
import { ExitCode } from "./exit_code.ts";
import { printJson } from "./print.ts";
import { StopSignals } from "./stop_signals.ts";

export interface ServeOptions {
  /** How many logs to write before serving. */
  readonly logs: number | undefined;
  readonly json: boolean;
  /** 0 takes a free port. */
  readonly slsPort: number;
  readonly hecPort: number;
}

const LOGS = 10_000;

/**
 * `sls2hec demo --serve`: the embedded servers alone, for any client, until they are stopped. The first
 * line of standard output tells where they are.
 */
export async function serveCommand(options: ServeOptions): Promise<ExitCode> {
  using stop = new StopSignals(systemClock);
  await using world = openDemoWorld(options);
  await world.write(options.logs ?? LOGS);
  printJson(world.access, Object.keys(world.access)); // its secrets are for whoever asks
  const { promise, resolve } = Promise.withResolvers<void>();
  stop.signal.addEventListener("abort", () => resolve(), { once: true });
  if (!stop.signal.aborted) await promise;
  if (options.json) printJson(world.ledger);
  else printLedger(world.ledger);
  return ExitCode.ok;
}
