import { runCommandLine } from "./src/cli/command_line.ts";
import { tellUncaught } from "./src/cli/tell_uncaught.ts";

if (import.meta.main) {
  tellUncaught();
  Deno.exit(await runCommandLine(Deno.args));
}
