import type { ReceivedRequest } from "../http/message.ts";

/**
 * How requests are spread over indexers: each request to the next one, each request to a random one,
 * each connection to the next one, or by a cookie that the first answer sets.
 */
export type Balancing = "request" | "random" | "connection" | "cookie";

/** The cookie of AWS's application balancer, one of four that Splunk 10.2 looks for by default. */
const COOKIE = "AWSALB";

/** The load balancer in front of the indexers. */
export class Balancer {
  readonly #indexers: number;
  readonly #balancing: Balancing;
  readonly #random: () => number;
  #next = 0;

  /**
   * @param random For "random"; numbers from 0 (inclusive) to 1 (exclusive).
   */
  constructor(indexers: number, balancing: Balancing, random: () => number = Math.random) {
    this.#indexers = indexers;
    this.#balancing = balancing;
    this.#random = random;
  }

  /**
   * @returns the indexer's number from 0, and the `Set-Cookie` that keeps a client on it.
   */
  pick(
    { connectionId, headers }: Pick<ReceivedRequest, "connectionId" | "headers">,
  ): { indexer: number; setCookie: string | undefined } {
    if (this.#balancing === "connection") {
      return { indexer: (connectionId - 1) % this.#indexers, setCookie: undefined };
    }
    if (this.#balancing === "random") {
      return { indexer: Math.floor(this.#random() * this.#indexers), setCookie: undefined };
    }
    if (this.#balancing === "cookie") {
      const known = Number(cookiesOf(headers).get(COOKIE) ?? NaN);
      if (known >= 0 && known < this.#indexers) return { indexer: known, setCookie: undefined };
    }
    const indexer = this.#next++ % this.#indexers;
    const setCookie = this.#balancing === "cookie" ? `${COOKIE}=${indexer}; Path=/` : undefined;
    return { indexer, setCookie };
  }
}

/** The cookies that a request carries, by name. */
export function cookiesOf(headers: Headers): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (headers.get("cookie") ?? "").split(/[;,]\s*/)) {
    const at = pair.indexOf("=");
    if (at > 0) cookies.set(pair.slice(0, at), pair.slice(at + 1));
  }
  return cookies;
}
