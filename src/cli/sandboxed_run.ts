import type { AppEnd } from "../app/app.ts";
import { describeError, OperatorError } from "../base/operator_error.ts";
import { systemClock } from "../base/clock.ts";
import { serialize } from "../workers/serialize.ts";
import { Watchdog } from "../workers/watchdog.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { Config } from "../config/config.ts";
import type { Grant } from "../config/grant.ts";
import type { AppSetup, FromApp, ToApp } from "./app_messages.ts";
import { dropPermissions, unrestricted } from "./permissions.ts";

/** In seconds. The control plane waits for disks: it may be silent for longer than a worker of the data plane. */
const SILENCE = { atStart: 60, later: 60 };

/**
 * Runs the app in a worker that may do what the configuration needs and nothing else, and gives up everything that
 * this isolate may do before the app begins: it keeps signals and the exit code.
 * @param module Entry of the worker.
 * @throws {OperatorError} what ended the app; also when its worker dies, as no other can be started then.
 */
export async function runSandboxed(
  config: Config,
  grant: Grant,
  stop: AbortSignal,
  module = new URL("./app_worker.ts", import.meta.url),
): Promise<AppEnd> {
  const worker = startNarrowed(module, grant);
  let begun = false;
  const post = (message: ToApp) => worker.postMessage(message);
  const ended = Promise.withResolvers<AppEnd>();
  const pulse = new Watchdog(SILENCE, systemClock);
  const die = (why: string) =>
    ended.reject(
      begun
        ? new OperatorError(
          `The worker that runs everything has died: ${why}`,
          "This process has given its permissions up and cannot start another: start the program " +
            "again. What was in hand stays in SLS",
        )
        : new OperatorError(
          `Cannot start the worker that runs everything: ${why}`,
          "Nothing was begun. Report this; an executable that is made with `deno task compile -c " +
            "FILE` does without this worker",
        ),
    );
  worker.onerror = (event) => {
    event.preventDefault();
    die(event.message);
  };
  worker.onmessage = ({ data }: MessageEvent<FromApp>) => {
    pulse.heard();
    switch (data.type) {
      case "ready":
        try {
          dropPermissions();
          const kept = unrestricted();
          if (kept.length > 0) {
            throw new Error(`this isolate keeps its permissions: ${kept.join()}`);
          }
          post({ type: "run", setup: serialize({ config, grant } satisfies AppSetup) });
          begun = true;
        } catch (error) {
          die(describeError(error));
        }
        break;
      case "ended":
        ended.resolve({ abandonedShards: data.abandonedShards });
        break;
      case "failed":
        ended.reject(new OperatorError(data.message, data.hint));
    }
  };
  const onStop = () => post({ type: "stop", reason: String(stop.reason?.message ?? stop.reason) });
  if (stop.aborted) onStop();
  stop.addEventListener("abort", onStop, { once: true });
  const over = new AbortController();
  await using tasks = new TaskGroup(over.signal);
  tasks.spawn("watch", async (signal) => {
    const silence = await pulse.untilSilent(() => {
      post({ type: "ping" });
      return true;
    }, signal);
    if (silence !== undefined) die(silence);
  });
  try {
    return await ended.promise;
  } finally {
    stop.removeEventListener("abort", onStop);
    over.abort(new DOMException("The app has ended", "AbortError"));
    worker.terminate();
  }
}

/** Starts a worker with exactly a grant's permissions. */
export function startNarrowed(module: URL, { net, read, write, env, sys }: Grant): Worker {
  return new Worker(module, {
    type: "module",
    name: "app",
    deno: {
      permissions: {
        net: [...net],
        read: [...read],
        write: [...write],
        env: [...env],
        sys: [...sys] as "hostname"[],
        run: false,
        ffi: false,
        import: false,
      },
    },
  });
}
