import type { Grant } from "../config/grant.ts";
import { missingPermissions } from "./own_permissions.ts";
import { printError } from "./print.ts";

/** Prints what this program was not given and needs. @returns whether anything is missing. */
export function tellMissing(grant: Grant): boolean {
  const missing = missingPermissions(grant);
  if (missing.length === 0) return false;
  printError(
    [
      "error: Cannot start: this program was not given what the configuration needs. It may not",
      ...missing.map((line) => `  ${line}`),
      "hint: Start it by `deno task start -c FILE`, or make the executable again by " +
      "`deno task compile -c FILE`, with this configuration",
    ].join("\n"),
  );
  return true;
}
