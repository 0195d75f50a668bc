import type { FromIsolate } from "../../src/workers/isolate_link.ts";
import type { DataPlaneWorkerLike, FromWorker } from "../../src/workers/worker_messages.ts";

/**
 * Has the modules of a data-plane worker checked and cached. A first start on a busy machine takes longer than the
 * program waits by a fast clock.
 */
export async function warmWorker(
  start: (hosts: readonly string[]) => DataPlaneWorkerLike,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const worker = start(["127.0.0.1:1"]);
  worker.onmessage = ({ data }: MessageEvent<FromIsolate<FromWorker>>) => {
    if (data.type === "listening") resolve();
  };
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  await promise;
  worker.terminate();
}
