import { runCommandLine } from "./src/cli/command_line.ts";
import { surviveInspectorSignal } from "./src/cli/signals.ts";
import { reportUncaught } from "./src/cli/report_failure.ts";

if (import.meta.main) {
  reportUncaught();
  surviveInspectorSignal();
  Deno.exit(await runCommandLine(Deno.args));
}
