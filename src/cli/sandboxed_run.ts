import type { AppEnd } from "../app/app.ts";
import { abortable, onAbort } from "../base/on_abort.ts";
import { systemClock } from "../base/clock.ts";
import { describeError, OperatorError } from "../base/errors.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { Config } from "../config/config.ts";
import type { Grant } from "../config/grant.ts";
import { IsolateLink } from "../workers/isolate_link.ts";
import { serialize } from "../workers/serialize.ts";
import { spawn } from "../workers/spawn.ts";
import { dropPermissions, unrestricted } from "./permissions.ts";

/** One ping a second. The control plane waits for disks: it may be silent for longer than the data plane. */
const MAX_MISSED_PINGS = { atStart: 60, later: 60 };

/** Messages to the worker that runs the whole app. */
export type ToApp =
  /** `setup` is an `AppSetup`, as `serialize` makes it. */
  | { readonly type: "run"; readonly setup: unknown }
  /** Deliver what is read already, then end. */
  | { readonly type: "stop"; readonly reason: string };

export interface AppSetup {
  readonly config: Config;
  readonly grant: Grant;
}

/** Messages from the worker that runs the whole app. */
export type FromApp =
  | { readonly type: "ended"; readonly abandonedShards: number }
  | { readonly type: "failed"; readonly message: string; readonly hint: string };

/**
 * Runs the app in a worker that has exactly the permissions of the configuration, and drops every permission of this
 * isolate before the app starts: this isolate keeps the signals and the exit code.
 * @param module Entry of the worker.
 * @throws {OperatorError} the error that ended the app; also when its worker dies, as no other can be started then.
 */
export async function runSandboxed(
  config: Config,
  grant: Grant,
  stop: AbortSignal,
  module = new URL("./app_worker.ts", import.meta.url),
): Promise<AppEnd> {
  const ended = Promise.withResolvers<AppEnd>();
  const link = new IsolateLink<ToApp, FromApp>({
    worker: spawnSandboxed(module, grant),
    maxMissedPings: MAX_MISSED_PINGS,
    clock: systemClock,
    onMessage: (message) => {
      if (message.type === "ended") ended.resolve({ abandonedShards: message.abandonedShards });
      else ended.reject(new OperatorError(message.message, message.hint));
    },
  });
  using _ = onAbort(stop, (reason) => {
    link.post({ type: "stop", reason: reason instanceof Error ? reason.message : String(reason) });
  });
  await using tasks = new TaskGroup();
  tasks.spawn("watch", (signal) => link.watch(signal));
  let isRunning = false;
  try {
    await link.ready;
    dropPermissions();
    const kept = unrestricted();
    if (kept.length > 0) throw new Error(`this isolate keeps its permissions: ${kept.join()}`);
    link.post({ type: "run", setup: serialize({ config, grant } satisfies AppSetup) });
    isRunning = true;
    return await abortable(ended.promise, link.died);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw isRunning
      ? new OperatorError(
        `The worker that runs everything has died: ${describeError(error)}`,
        "This process has dropped its permissions and cannot start another worker: start the " +
          "program again. Undelivered logs stay in SLS",
      )
      : new OperatorError(
        `Cannot start the worker that runs everything: ${describeError(error)}`,
        "Nothing was started. Report this; an executable that is built with `deno task compile -c " +
          "FILE` needs no such worker",
      );
  } finally {
    link.die("the app has ended");
  }
}

/** Starts a worker with exactly a grant's permissions. */
export function spawnSandboxed(module: URL, { net, read, write, env, sys }: Grant): Worker {
  return spawn(module, "app", { net, read, write, env, sys });
}
