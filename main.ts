import { runCommandLine } from "./src/cli/command_line.ts";
import { surviveInspectorSignal } from "./src/cli/inspector_signal.ts";
import { tellUncaught } from "./src/cli/tell_uncaught.ts";

if (import.meta.main) {
  tellUncaught();
  surviveInspectorSignal();
  Deno.exit(await runCommandLine(Deno.args));
}
