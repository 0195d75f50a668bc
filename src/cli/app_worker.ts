/// <reference lib="webworker" />
/** Entry of the worker that runs the whole app in a program that narrows itself: see `narrowed_run.ts`. */
import { runApp } from "../app.ts";
import { describeError, HintedError, hintOf } from "../base/hinted_error.ts";
import { fromPortable } from "../base/portable.ts";
import { TaskGroup } from "../base/task_group.ts";
import type { AppSetup, FromApp, ToApp } from "./app_messages.ts";
import { givenPermissions, widePermissions } from "./own_permissions.ts";
import { USER_AGENT } from "./version.ts";

const stop = new AbortController();
const tasks = new TaskGroup();

function tell(message: FromApp): void {
  self.postMessage(message);
}

async function run(setup: unknown): Promise<void> {
  try {
    const { config, grant } = fromPortable(setup) as AppSetup;
    const wide = widePermissions();
    if (wide.length > 0) {
      throw new HintedError(
        `Cannot start: found every permission of kind ${wide.join(", ")}, expected only those ` +
          "that the configuration needs",
        "Report this; an executable that is made with `deno task compile -c FILE` does without this step",
      );
    }
    const { abandonedShards } = await runApp(config, USER_AGENT, stop.signal, (telemetry) => {
      telemetry({ type: "narrowed", may: givenPermissions(grant) });
    });
    tell({ type: "ended", abandonedShards });
  } catch (error) {
    tell({ type: "failed", message: describeError(error), hint: hintOf(error, "") });
  }
}

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
