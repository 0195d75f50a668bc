import http from "node:http";
import { setImmediate } from "node:timers";

/** Deno 2.6 has another `node:http`, which ends the whole process when an answer breaks off. */
export const nodeHttpIsSound = !("IncomingMessageForClient" in http);

/** Lets sockets, timers and signals have their turn in the middle of long work. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
