import { fileURLToPath } from "node:url";

/** Folder of `deno.json`, for the tasks that start Deno on this project's own files. */
export const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Goes to the folder in which the task was called: `deno task` runs everything in the project's own, and
 * paths on the command line mean the caller's.
 */
export function goToCallersFolder(): void {
  const folder = Deno.env.get("INIT_CWD");
  if (folder !== undefined) Deno.chdir(folder);
}
