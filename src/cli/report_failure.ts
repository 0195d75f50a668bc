import { describeError, hintOf } from "../base/operator_error.ts";
import { UsageError } from "../base/usage_error.ts";
import { ExitCode } from "./exit_code.ts";
import { printErrorLine } from "./print.ts";

/** What to do where Deno denies a file or a host that the command line names. */
export const DENIED =
  "This program may reach what it was started or built for and nothing else; give it the permission, " +
  "or use an executable that was built without -c";

/** Prints what ended a command, with its hint, and gives the exit code. */
export function reportFailure(error: unknown): ExitCode {
  printErrorLine(`error: ${describeError(error)}`);
  const hint = hintOf(error, error instanceof Deno.errors.NotCapable ? DENIED : "");
  if (hint) printErrorLine(`hint: ${hint}`);
  return error instanceof UsageError ? ExitCode.usage : ExitCode.failed;
}
