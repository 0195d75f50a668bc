/**
 * `deno task start [-c FILE]`: starts `sls2hec run` with exactly the permissions that it needs for its
 * configuration, and passes signals and the exit code on. `deno task checkpoint` and `deno task backfill`
 * do the same for those commands, whose name is the first argument then.
 */
import { parseArgs } from "node:util";
import { folderOf } from "../base/durable_file.ts";
import { liveSecrets } from "../base/redactor.ts";
import { checkPath } from "../base/usable_path.ts";
import { type Grant, grantFlags } from "../config/grant.ts";
import { ExitCode, goToCallersFolder, PROJECT_ROOT, V8_FLAGS } from "../cli/program.ts";
import { loadConfigAndGrant } from "../cli/load.ts";
import { withWorkerReadAccess } from "../cli/permissions.ts";
import { reportFailure, reportUncaught } from "../cli/report_failure.ts";
import { runChild } from "./start_child.ts";

/** Commands, other than `run`, that permissions are made for. */
const OTHERS = ["checkpoint", "backfill"] as const;

async function start(given: readonly string[]): Promise<number> {
  const other = OTHERS.find((name) => name === given[0]);
  const purpose = other ?? "run";
  const args = other ? given.slice(1) : given;
  goToCallersFolder();
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string", short: "c" },
      state: { type: "string" },
    },
    strict: false, // what else there is, the program itself judges
  });
  // Not by parseArgs: it would find an -h in the time -3h.
  if (args.includes("--help") || args.includes("-h")) {
    const { runCommandLine } = await import("../cli/command_line.ts");
    return await runCommandLine([purpose, ...args]);
  }
  const flags = flagsFor(purpose, values.config, values.state);
  if (!flags) return ExitCode.usage;
  const program = [`${PROJECT_ROOT}main.ts`, purpose, ...args];
  return await runChild(flags.deno, program, flags.variables);
}

/**
 * The flags of Deno for a command, and the variables that its configuration reads; undefined, with the problems
 * printed, when that is wrong. What was read ends here: while this process waits it holds no secret.
 */
function flagsFor(
  purpose: "run" | typeof OTHERS[number],
  config: string | boolean | undefined,
  state: string | boolean | undefined,
): { readonly deno: string[]; readonly variables: readonly string[] } | undefined {
  const loaded = loadConfigAndGrant(
    typeof config === "string" ? config : undefined,
    purpose,
    "read",
  );
  if (!loaded) return undefined;
  const grant = purpose === "run"
    ? withWorkerReadAccess(loaded.grant, loaded.config)
    : loaded.grant;
  const deno = [
    "--frozen",
    `--config=${PROJECT_ROOT}deno.json`,
    V8_FLAGS,
    ...grantFlags(withState(grant, state)),
  ];
  liveSecrets.clear();
  return { deno, variables: grant.env };
}

/** A state file that stands elsewhere than the configuration says. */
function withState(grant: Grant, state: string | boolean | undefined): Grant {
  if (typeof state !== "string") return grant;
  const folder = folderOf(checkPath("--state", state));
  return { ...grant, read: [...grant.read, folder], write: [...grant.write, folder] };
}

if (import.meta.main) {
  reportUncaught();
  try {
    Deno.exit(await start(Deno.args));
  } catch (error) {
    Deno.exit(reportFailure(error));
  }
}
