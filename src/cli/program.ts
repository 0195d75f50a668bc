import { fileURLToPath } from "node:url";
import project from "../../deno.json" with { type: "json" };

/** Version of this program. */
export const VERSION: string = project.version;

/** Names the program to both servers. */
export const USER_AGENT = `sls2hec/${VERSION}`;

/** How the program ends, for scripts and service managers. */
export const ExitCode = {
  /** Everything asked for was done. */
  ok: 0,
  /** It failed, or was stopped with undelivered logs; those stay in SLS and come with the next start. */
  failed: 1,
  /** The command line or the configuration is wrong; nothing was started. */
  usage: 2,
} as const;

export type ExitCode = typeof ExitCode[keyof typeof ExitCode];

/** First argument of an executable that was made for a configuration, added when it was made. */
export const BUILT_IN_CONFIG = "--built-in-config=";

/**
 * Makes V8's heap grow more slowly than by default, as logs are not kept in it: saves about 70 MB at full speed
 * for the same CPU time (bench "nginx"). The tasks in `deno.json` repeat these flags: the runtime caches compiled
 * modules for one set of flags only, so a task with other flags would discard the program's cache.
 */
export const V8_FLAGS = "--v8-flags=--max-semi-space-size=2,--heap-growing-percent=50";

/** Folder of `deno.json`, for the tasks that start Deno on this project's own files. */
export const PROJECT_ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Changes to the folder in which the task was called: `deno task` runs everything in the project's folder, and
 * paths on the command line are relative to the caller's.
 */
export function goToCallersFolder(): void {
  const folder = Deno.env.get("INIT_CWD");
  if (folder !== undefined) Deno.chdir(folder);
}
