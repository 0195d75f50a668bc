import type { UnsignedRequest } from "./unsigned_request.ts";

/** One call: its name for messages, and what it asks. */
export interface SlsCall {
  /** Name of the API and what it is about, such as `PullLogs of p/l shard 3`. */
  readonly name: string;
  readonly method: UnsignedRequest["method"];
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** In place of the requester's own, when it is shorter. */
  readonly timeoutMs?: number;
  /** Which calls it waits behind when there are many; a heartbeat waits behind none. */
  readonly lane?: "pull" | "heartbeat";
}
