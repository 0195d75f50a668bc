import { setImmediate } from "node:timers";

/** Lets sockets, timers and signals have their turn in the middle of long work. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
