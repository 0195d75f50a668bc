/**
 * `deno task start [-c FILE]`: starts `sls2hec run` with exactly the permissions that its configuration
 * needs, and passes signals and the exit code on.
 */
import { parseArgs } from "node:util";
import { grantOf } from "../config/grant.ts";
import { grantFlags } from "../config/grant_flags.ts";
import { loadConfig } from "../config/load_config.ts";
import { formatProblems } from "../config/problem.ts";
import { readSource } from "../config/read_config.ts";
import { ExitCode } from "./exit_code.ts";
import { goToCallersFolder, PROJECT_ROOT } from "./project_root.ts";

/** The arguments of `deno` that run the program on a configuration, or the problems of the latter. */
export function startArguments(args: readonly string[]):
  | { readonly ok: true; readonly denoArgs: string[] }
  | { readonly ok: false; readonly message: string } {
  const { values } = parseArgs({
    args: [...args],
    options: { config: { type: "string", short: "c" } },
    strict: false, // what else there is, the program itself judges
  });
  const opened = readSource(typeof values.config === "string" ? values.config : undefined);
  const loaded = opened.ok ? loadConfig(opened.source) : opened;
  if (!opened.ok || !loaded.ok) {
    const { problems } = loaded as { problems: Parameters<typeof formatProblems>[0] };
    return { ok: false, message: formatProblems(problems) };
  }
  const flags = grantFlags(grantOf(opened.source, loaded.config));
  return {
    ok: true,
    denoArgs: ["run", "--frozen", "--config", `${PROJECT_ROOT}deno.json`, ...flags].concat(
      `${PROJECT_ROOT}main.ts`,
      "run",
      args,
    ),
  };
}

async function start(args: readonly string[]): Promise<number> {
  goToCallersFolder();
  const start = startArguments(args);
  if (!start.ok) {
    console.error(start.message);
    return ExitCode.usage;
  }
  const child = new Deno.Command(Deno.execPath(), { args: start.denoArgs }).spawn();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => child.kill(signal));
  }
  return (await child.status).code;
}

if (import.meta.main) Deno.exit(await start(Deno.args));
