/** One call to SLS. */
export interface SlsCall {
  /** Name of the API and its object, for messages, such as `PullLogs of p/l shard 3`. */
  readonly name: string;
  readonly method: UnsignedRequest["method"];
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** A shorter timeout than that of the requester. */
  readonly timeoutMs?: number;
  /** The limit on calls in flight that applies; none applies to heartbeats. */
  readonly lane?: "pull" | "heartbeat";
}

/** A request to SLS before it is signed. */
export interface UnsignedRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path as sent, such as `/logstores/l/shards/0`. */
  readonly path: string;
  /** Query keys and values, decoded. */
  readonly query: Readonly<Record<string, string>>;
  /** Lower-case names; `x-log-*`, `x-acs-*` and `content-type` (v4: also `host`) are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
}

/** Query pairs in the byte order of their keys, as both signatures require. */
export function sortedQuery(query: UnsignedRequest["query"]): [key: string, value: string][] {
  return Object.entries(query).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}

/** Names of the headers that both signatures cover by their prefix, sorted. */
export function sortedLogHeaders(headers: UnsignedRequest["headers"]): string[] {
  return Object.keys(headers)
    .filter((name) => /^x-(log|acs)-/.test(name) && !name.startsWith("x-log-meta-")).sort();
}
