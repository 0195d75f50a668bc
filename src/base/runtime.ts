import http from "node:http";
import timers from "node:timers";

/** False in Deno 2.6, whose `node:http` ends the whole process when a connection closes in the middle of an answer. */
export const nodeHttpIsSound = !("IncomingMessageForClient" in http);

/** Lets sockets, timers and signals be handled in the middle of long work. */
export function yieldToEventLoop(): Promise<void> {
  return new Promise((resolve) => timers.setImmediate(resolve));
}
