import { unsafeVariables } from "../base/runtime_variables.ts";
import { printError } from "../cli/print.ts";

/** The child loads only modules of this project and the packages of its lock file, which this process has fetched. */
const NO_IMPORTS = ["--deny-import", "--cached-only"];

/**
 * Runs the program in a child process and passes signals on to it. This process drops its own permissions once the child
 * runs.
 *
 * On SIGUSR1 Deno opens its inspector, which lets anyone who can connect use the program's permissions. The signal is
 * blocked in the child where the system's `env` supports that.
 * @param flags Of `deno run`.
 * @param program The module with its arguments.
 * @param needed Variables that the configuration reads.
 * @returns the child's exit code.
 */
export async function runChild(
  flags: readonly string[],
  program: readonly string[],
  needed: readonly string[],
): Promise<number> {
  const denoArgs = ["run", ...NO_IMPORTS, ...flags, ...program];
  const blocking = ["--block-signal=USR1"];
  const [command, args] = blocksSignals(blocking)
    ? ["env", [...blocking, Deno.execPath(), ...denoArgs]] as const
    : [Deno.execPath(), denoArgs] as const;
  const env = safeEnvironment(needed);
  const child = new Deno.Command(command, { args: [...args], env, clearEnv: true }).spawn();
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
    Deno.addSignalListener(signal, () => pass(child, signal));
  }
  for (const name of ["run", "read", "env"] as const) Deno.permissions.revokeSync({ name });
  return (await child.status).code;
}

/** Passes a signal on; one that arrives when the child has just ended is ignored. */
function pass(child: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Whether `env` supports these flags: GNU coreutils from 8.31 on. */
function blocksSignals(flags: readonly string[]): boolean {
  if (Deno.build.os === "windows") return false;
  try {
    const args = [...flags, "true"];
    return new Deno.Command("env", { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The environment without variables that undo limits; each is reported by its name, without its value. */
function safeEnvironment(needed: readonly string[]): Record<string, string> {
  const env = Deno.env.toObject();
  for (
    const { name, effect, instead } of unsafeVariables(Object.keys(env), env.DENO_TLS_CA_STORE)
  ) {
    if (needed.includes(name)) {
      printError(
        `warning: The variable ${name} is passed on, as the configuration reads it: it ${effect}`,
      );
      continue;
    }
    delete env[name];
    printError(
      `warning: The variable ${name} is not passed on to the program: it ${effect}; ${instead}`,
    );
  }
  return env;
}
