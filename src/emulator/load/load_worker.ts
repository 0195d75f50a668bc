/// <reference lib="webworker" />
import { describeError } from "../../base/errors.ts";
import { type LoadCounts, type LoadOptions, LoadServers } from "./load_servers.ts";

/** Messages from the main isolate to the worker. */
export type ToLoadWorker =
  | { readonly kind: "start"; readonly options: LoadOptions }
  | { readonly kind: "count" };

/** Messages from the worker to the main isolate. */
export type FromLoadWorker =
  | { readonly kind: "started"; readonly slsUrl: string; readonly hecUrl: string }
  | { readonly kind: "counts"; readonly counts: LoadCounts }
  | { readonly kind: "failed"; readonly reason: string };

const send = (message: FromLoadWorker) => self.postMessage(message);
let load: LoadServers | undefined;

self.onmessage = ({ data }: MessageEvent<ToLoadWorker>) => {
  if (data.kind === "start") {
    try {
      const { slsUrl, hecUrl } = load = new LoadServers(data.options, Math.random);
      send({ kind: "started", slsUrl, hecUrl });
    } catch (error) { // an uncaught error would also be printed
      send({ kind: "failed", reason: describeError(error) });
    }
  } else if (load) send({ kind: "counts", counts: load.counts });
};
