/**
 * `deno task start [-c FILE]`: starts `sls2hec run` with exactly the permissions that its configuration
 * needs, and passes signals and the exit code on.
 */
import { parseArgs } from "node:util";
import { grantFlags } from "../config/grant_flags.ts";
import { runCommandLine } from "./command_line.ts";
import { ExitCode } from "./exit_code.ts";
import { loadGranted } from "./load_granted.ts";
import { goToCallersFolder, PROJECT_ROOT } from "./project_root.ts";

async function start(args: readonly string[]): Promise<number> {
  goToCallersFolder();
  const { values } = parseArgs({
    args: [...args],
    options: { config: { type: "string", short: "c" }, help: { type: "boolean", short: "h" } },
    strict: false, // what else there is, the program itself judges
  });
  if (values.help) return await runCommandLine(["run", "--help"]);
  const loaded = loadGranted(typeof values.config === "string" ? values.config : undefined);
  if (!loaded) return ExitCode.usage;
  const denoArgs = [
    "run",
    "--frozen",
    `--config=${PROJECT_ROOT}deno.json`,
    ...grantFlags(loaded.grant),
    `${PROJECT_ROOT}main.ts`,
    "run",
    ...args,
  ];
  const child = new Deno.Command(Deno.execPath(), { args: denoArgs }).spawn();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => child.kill(signal));
  }
  return (await child.status).code;
}

if (import.meta.main) Deno.exit(await start(Deno.args));
