/** The parts of a request that signatures cover. */
export interface SignedRequest {
  readonly method: string;
  /** As requested, not decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Names of the headers that every signature covers: `x-log-*` and `x-acs-*`, without `x-log-meta-*`. */
export function vendorHeaderNames(headers: Headers): string[] {
  return [...headers.keys()].filter((name) =>
    name.startsWith("x-acs-") || (name.startsWith("x-log-") && !name.startsWith("x-log-meta-"))
  );
}

/** The query in the order of its keys; equal keys keep theirs. */
export function sortedQuery(query: URLSearchParams): [key: string, value: string][] {
  return [...query].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}
