import { printableLine } from "../base/printable.ts";
import { ExitCode } from "./exit_code.ts";
import { printError } from "./print.ts";

/**
 * Ends the program by an error that it has not foreseen as by any other: Deno itself would print the error as it is,
 * with a secret that may stand in it.
 */
export function tellUncaught(): void {
  const end = (event: Event, error: unknown) => {
    event.preventDefault();
    const text = error instanceof Error ? error.stack ?? String(error) : String(error);
    printError(
      `error: This program has a fault: ${text.split("\n").map(printableLine).join("\n")}\n` +
        "hint: Report this with the lines above. What was in hand stays in SLS; start the program again",
    );
    Deno.exit(ExitCode.failed);
  };
  globalThis.addEventListener("error", (event) => end(event, event.error));
  globalThis.addEventListener("unhandledrejection", (event) => end(event, event.reason));
}
