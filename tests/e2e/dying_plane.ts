/// <reference lib="webworker" />
/** Stands for a worker of the data plane, and dies when it is set up. */
self.onmessage = () => {
  throw new Error("dying plane");
};
self.postMessage({ type: "listening" });
