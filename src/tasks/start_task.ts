/**
 * `deno task start [-c FILE]`: starts `sls2hec run` with exactly the permissions that its configuration needs, and
 * passes signals and the exit code on. `deno task checkpoint` and `deno task backfill` do the same for those commands,
 * with the command's name as the first argument.
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

/** Commands other than `run` that this task starts. */
const OTHERS = ["checkpoint", "backfill"] as const;

async function start(given: readonly string[]): Promise<number> {
  const other = OTHERS.find((name) => name === given[0]);
  const command = other ?? "run";
  const args = other ? given.slice(1) : given;
  goToCallersFolder();
  const { values } = parseArgs({
    args: [...args],
    options: {
      config: { type: "string", short: "c" },
      state: { type: "string" },
    },
    strict: false, // the program checks the other arguments
  });
  // Not with parseArgs, which would find -h in the time -3h.
  if (args.includes("--help") || args.includes("-h")) {
    const { runCommandLine } = await import("../cli/command_line.ts");
    return await runCommandLine([command, ...args]);
  }
  const flags = startFlags(command, values);
  if (!flags) return ExitCode.usage;
  const program = [`${PROJECT_ROOT}main.ts`, command, ...args];
  return await runChild(flags.deno, program, flags.variables);
}

/** Options of the command line; one without its value is a boolean. */
export interface StartOptions {
  /** The configuration file. */
  readonly config?: string | boolean | undefined;
  /** The state file of a backfill. */
  readonly state?: string | boolean | undefined;
}

/**
 * The permissions of a command. The configuration does not outlive this call: while this process waits, it has no
 * secret.
 * @param command What is started.
 * @param options Of the command line.
 * @returns Deno's flags, and the variables that the configuration reads; undefined when it is wrong: its problems are
 * printed then.
 */
export function startFlags(
  command: "run" | typeof OTHERS[number],
  { config, state }: StartOptions,
): { readonly deno: string[]; readonly variables: readonly string[] } | undefined {
  const path = typeof config === "string" ? config : undefined;
  const loaded = loadConfigAndGrant(path, command, "read");
  if (!loaded) return undefined;
  const grant = command === "run"
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

/** Adds a state file outside the configured folder. */
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
