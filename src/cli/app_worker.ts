/// <reference lib="webworker" />
/** Entry of the worker that runs the whole app in a program that narrows itself: see `sandboxed_run.ts`. */
import { runApp } from "../app/app.ts";
import { describeError, hintOf, OperatorError } from "../base/operator_error.ts";
import { deserialize } from "../workers/serialize.ts";
import { liveSecrets } from "../base/redactor.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { AppSetup, FromApp, ToApp } from "./app_messages.ts";
import { grantedPermissions, unrestricted } from "./permissions.ts";
import { USER_AGENT } from "./program.ts";

const stop = new AbortController();
const tasks = new TaskGroup();

function tell(message: FromApp): void {
  self.postMessage(message);
}

async function run(setup: unknown): Promise<void> {
  try {
    const { config, grant } = deserialize(setup) as AppSetup;
    const wide = unrestricted();
    if (wide.length > 0) {
      throw new OperatorError(
        `Cannot start: found every permission of kind ${wide.join(", ")}, expected only those ` +
          "that the configuration needs",
        "Report this; an executable that is made with `deno task compile -c FILE` does without this step",
      );
    }
    const { abandonedShards } = await runApp(config, USER_AGENT, stop.signal, (telemetry) => {
      telemetry({ type: "narrowed", may: grantedPermissions(grant) });
    });
    tell({ type: "ended", abandonedShards });
  } catch (error) {
    fail(error, hintOf(error, ""));
  }
}

/** The main isolate prints it, and does not know the secrets that came to this one. */
function fail(error: unknown, hint: string): void {
  tell({ type: "failed", message: liveSecrets.redact(describeError(error)), hint });
}

/** An error that nobody caught goes the same way; not to standard error, where Deno prints it as it is. */
function crash(event: Event, error: unknown): void {
  event.preventDefault();
  fail(error, "Report this. What was in hand stays in SLS; start the program again");
}

self.addEventListener("error", (event) => crash(event, event.error));
self.addEventListener("unhandledrejection", (event) => crash(event, event.reason));

self.onmessage = ({ data }: MessageEvent<ToApp>) => {
  switch (data.type) {
    case "run":
      tasks.spawn("app", () => run(data.setup));
      break;
    case "stop":
      stop.abort(new DOMException(data.reason, "AbortError"));
      break;
    case "ping":
      tell({ type: "pong" });
  }
};
tell({ type: "ready" });
