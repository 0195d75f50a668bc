/// <reference lib="webworker" />
import { describeError } from "../../base/errors.ts";
import { type LoadCounts, type LoadOptions, LoadServers } from "./load_servers.ts";

/** What the main isolate says to the load servers in a worker. */
export type ToLoadWorker =
  | { readonly kind: "start"; readonly options: LoadOptions }
  | { readonly kind: "count" };

/** What they say to it. */
export type FromLoadWorker =
  | { readonly kind: "started"; readonly slsUrl: string; readonly hecUrl: string }
  | { readonly kind: "counts"; readonly counts: LoadCounts }
  | { readonly kind: "failed"; readonly why: string };

const say = (message: FromLoadWorker) => self.postMessage(message);
let load: LoadServers | undefined;

self.onmessage = ({ data }: MessageEvent<ToLoadWorker>) => {
  if (data.kind === "start") {
    try {
      const { slsUrl, hecUrl } = load = new LoadServers(data.options, Math.random);
      say({ kind: "started", slsUrl, hecUrl });
    } catch (error) { // thrown, it would be printed as well
      say({ kind: "failed", why: describeError(error) });
    }
  } else if (load) say({ kind: "counts", counts: load.counts });
};
