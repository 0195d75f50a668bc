/// <reference lib="webworker" />
import { type LoadCounts, type LoadOptions, LoadServers } from "./load_servers.ts";

/** What the main isolate says to the load servers in a worker. */
export type ToLoadWorker =
  | { readonly kind: "start"; readonly options: LoadOptions }
  | { readonly kind: "count" };

/** What they say to it. */
export type FromLoadWorker =
  | { readonly kind: "started"; readonly slsUrl: string; readonly hecUrl: string }
  | { readonly kind: "counts"; readonly counts: LoadCounts };

const say = (message: FromLoadWorker) => self.postMessage(message);
let load: LoadServers | undefined;

self.onmessage = ({ data }: MessageEvent<ToLoadWorker>) => {
  if (data.kind === "start") {
    const { slsUrl, hecUrl } = load = new LoadServers(data.options, Math.random);
    say({ kind: "started", slsUrl, hecUrl });
  } else if (load) say({ kind: "counts", counts: load.counts });
};
