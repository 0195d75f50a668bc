/// <reference lib="webworker" />
/** The worker of the data plane, which also dies in the way that a test chooses. */
import "../../src/app/data_plane_worker_main.ts";

/** Longer than a test waits for an answer, and not forever: its thread outlives its termination. */
const HANG_MS = 6000;

export type Death = "throw" | "reject" | "hang" | "close" | "exit";

const deaths: Record<Death, () => unknown> = {
  throw: () => {
    throw new Error("unruly: thrown");
  },
  reject: () => Promise.reject(new Error("unruly: rejected")),
  hang: () => {
    for (const endMs = performance.now() + HANG_MS; performance.now() < endMs;);
  },
  close: () => self.close(),
  exit: () => Deno.exit(7),
};

self.addEventListener("message", ({ data }: MessageEvent<{ die?: Death }>) => {
  if (data.die) deaths[data.die]();
});
