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

/** A request to SLS before it is signed. */
export interface UnsignedRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path as it goes on the wire, such as `/logstores/l/shards/0`. */
  readonly path: string;
  /** Query keys and values, decoded. */
  readonly query: Readonly<Record<string, string>>;
  /** Lower-case names; `x-log-*`, `x-acs-*` and `content-type` (v4: and `host`) enter the signature. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
}

/** Query pairs in the byte order of their keys, as both signatures want them. */
export function sortedQuery(query: UnsignedRequest["query"]): [key: string, value: string][] {
  return Object.entries(query).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}

/** Names of the headers that both signatures cover by their prefix, sorted. */
export function sortedLogHeaders(headers: UnsignedRequest["headers"]): string[] {
  return Object.keys(headers)
    .filter((name) => /^x-(log|acs)-/.test(name) && !name.startsWith("x-log-meta-")).sort();
}
