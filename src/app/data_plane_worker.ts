/// <reference lib="webworker" />
/** Entry of a worker of the data plane: see `worker_planes.ts`. */
import { describeError } from "../base/operator_error.ts";
import type { FromWorker } from "../workers/worker_messages.ts";
import { serveDataPlane } from "./serve_data_plane.ts";

/** An error that nobody caught is told to the main isolate, which replaces this one; not to standard error. */
function crash(event: Event, error: unknown): void {
  event.preventDefault();
  self.postMessage({ type: "crashed", message: describeError(error) } satisfies FromWorker);
}

self.addEventListener("error", (event) => crash(event, event.error));
self.addEventListener("unhandledrejection", (event) => crash(event, event.reason));
serveDataPlane(self);
