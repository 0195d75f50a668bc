import { runCommandLine } from "./src/cli/command_line.ts";

if (import.meta.main) Deno.exit(await runCommandLine(Deno.args));
