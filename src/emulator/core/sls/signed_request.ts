/** The parts of a request that are signed. */
export interface SignedRequest {
  readonly method: string;
  /** Not decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** Names of the headers that are always signed: `x-log-*` and `x-acs-*`, without `x-log-meta-*`. */
export function vendorHeaderNames(headers: Headers): string[] {
  return [...headers.keys()].filter((name) =>
    name.startsWith("x-acs-") || (name.startsWith("x-log-") && !name.startsWith("x-log-meta-"))
  );
}

/** The query sorted by key; equal keys keep their order. */
export function sortedQuery(query: URLSearchParams): [key: string, value: string][] {
  return [...query].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}
