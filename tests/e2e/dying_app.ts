/// <reference lib="webworker" />
/** Stands for the app in a worker, and dies when it is to run. */
self.onmessage = ({ data }: MessageEvent<{ type: string }>) => {
  if (data.type === "run") throw new Error("dying app");
  self.postMessage({ type: "pong" });
};
self.postMessage({ type: "listening" });
