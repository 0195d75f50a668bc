/// <reference lib="webworker" />
/** Entry of the worker that runs the whole app, which `sandboxed_run.ts` starts. */
import { App } from "../app/app.ts";
import { describeError, hintOf, OperatorError } from "../base/errors.ts";
import { liveSecrets } from "../base/redactor.ts";
import { TaskGroup } from "../base/task_group.ts";
import { serveIsolate } from "../workers/isolate_link.ts";
import { deserialize } from "../workers/serialize.ts";
import { grantedPermissions, unrestricted } from "./permissions.ts";
import { USER_AGENT } from "./program.ts";
import type { AppSetup, FromApp, ToApp } from "./sandboxed_run.ts";

const stop = new AbortController();
const tasks = new TaskGroup();

async function run(setup: unknown): Promise<FromApp> {
  try {
    const { config, grant } = deserialize(setup) as AppSetup;
    const kinds = unrestricted();
    if (kinds.length > 0) {
      throw new OperatorError(
        `Cannot start: found every permission of kind ${kinds.join(", ")}, expected only those ` +
          "that the configuration needs",
        "Report this; an executable that is built with `deno task compile -c FILE` needs no such worker",
      );
    }
    await using app = await App.open(config, USER_AGENT);
    app.telemetry({ type: "narrowed", may: grantedPermissions(grant) });
    const { abandonedShards } = await app.run(stop.signal);
    return { type: "ended", abandonedShards };
  } catch (error) {
    // Redacted here: the main isolate, which prints it, does not know the secrets of this one.
    const message = liveSecrets.redact(describeError(error));
    return { type: "failed", message, hint: hintOf(error, "") };
  }
}

serveIsolate<ToApp, FromApp>(self, (message, post) => {
  switch (message.type) {
    case "run":
      tasks.spawn("app", async () => post(await run(message.setup)));
      break;
    case "stop":
      stop.abort(new DOMException(message.reason, "AbortError"));
  }
});
