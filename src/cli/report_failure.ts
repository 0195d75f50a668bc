import { describeError, hintOf, UsageError } from "../base/errors.ts";
import { printableLine } from "../base/printable.ts";
import type { TelemetryEvent } from "../base/telemetry.ts";
import { printError, printErrorLine } from "./print.ts";
import { ExitCode } from "./program.ts";

/** What to do where Deno denies a file or a host that the command line names. */
export const DENIED =
  "This program may access only what it was started or built for. Grant it the permission, or use " +
  "an executable that was built without -c";

/**
 * Prints the error that ended a command, with its hint.
 * @returns the exit code.
 */
export function reportFailure(error: unknown): ExitCode {
  printErrorLine(`error: ${describeError(error)}`);
  const hint = hintOf(error, error instanceof Deno.errors.NotCapable ? DENIED : "");
  if (hint) printErrorLine(`hint: ${hint}`);
  return error instanceof UsageError ? ExitCode.usage : ExitCode.failed;
}

/** Prints failures that are retried, for commands that keep no log. */
export function reportTrouble(event: TelemetryEvent): void {
  if (event.type === "trouble") printErrorLine(`${event.message}. Hint: ${event.hint}`);
}

/**
 * Reports errors that nothing caught as the program reports any other, and ends it: Deno would print them unchanged,
 * with any secret that they contain.
 */
export function reportUncaught(): void {
  const end = (event: Event, error: unknown) => {
    event.preventDefault();
    const text = error instanceof Error ? error.stack ?? String(error) : String(error);
    printError(
      `error: This program has a bug: ${text.split("\n").map(printableLine).join("\n")}\n` +
        "hint: Report this with the lines above. Undelivered logs stay in SLS; start the program again",
    );
    Deno.exit(ExitCode.failed);
  };
  globalThis.addEventListener("error", (event) => end(event, event.error));
  globalThis.addEventListener("unhandledrejection", (event) => end(event, event.reason));
}
