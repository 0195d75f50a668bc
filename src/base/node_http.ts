import http from "node:http";

/** Deno 2.6 has another `node:http`, which ends the whole process when an answer breaks off. */
export const nodeHttpIsSound = !("IncomingMessageForClient" in http);
