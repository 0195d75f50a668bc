import { describeError, hintOf } from "../base/hinted_error.ts";
import { WrongRequest } from "../base/wrong_request.ts";
import { ExitCode } from "./exit_code.ts";
import { printErrorLine } from "./print.ts";

/** Prints what ended a command, with its hint, and gives the exit code. */
export function reportFailure(error: unknown): ExitCode {
  printErrorLine(`error: ${describeError(error)}`);
  const hint = hintOf(error, "");
  if (hint) printErrorLine(`hint: ${hint}`);
  return error instanceof WrongRequest ? ExitCode.usage : ExitCode.failed;
}
