import { setImmediate } from "node:timers";

/** Lets sockets, timers and signals have their turn in the middle of long work. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
