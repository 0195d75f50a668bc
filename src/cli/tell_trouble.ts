import type { TelemetryEvent } from "../base/telemetry.ts";
import { printErrorLine } from "./print.ts";

/** Prints what goes wrong and is tried again, for commands that keep no log. */
export function tellTrouble(event: TelemetryEvent): void {
  if (event.type === "trouble") printErrorLine(`${event.message}. Hint: ${event.hint}`);
}
