/** One request to HEC. */
export interface HecRequest {
  readonly method: "GET" | "POST";
  /** Path on the endpoint, such as `/services/collector/event`. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
}

export interface HecResponse {
  readonly status: number;
  readonly retryAfter: string | null;
  /** Each `Set-Cookie` header. */
  readonly setCookies: readonly string[];
  /** The body, cut off after 64 KiB. */
  readonly body: Uint8Array;
}

/** Longest answer that is read. HEC's own are under 1 KiB. */
export const ANSWER_MAX_BYTES = 64 * 1024;

/** Carries requests to one endpoint over connections that it keeps. */
export interface HecTransport {
  /**
   * Sends one request and reads the answer; redirects are not followed, as they would turn a POST into
   * a GET and a web page into success.
   * @throws when there is no whole answer, or with the reason of `signal`.
   */
  send(request: HecRequest, signal: AbortSignal): Promise<HecResponse>;
  /** Closes the connections that are kept. Requests in flight fail. */
  close(): void;
}

/** How an endpoint is reached. */
export interface HecConnection {
  /** Scheme, host, port and path of the endpoint, without a slash at the end. */
  readonly baseUrl: string;
  /** False: any certificate is accepted. */
  readonly verify: boolean;
  /** SHA-256 of the only certificate that is accepted, whoever signed it: 64 lower-case hex digits. */
  readonly fingerprint?: string | undefined;
  /** PEM certificates that are trusted besides the built-in ones. */
  readonly caCerts: readonly string[];
  /** PEM client certificate chain and key, when the server asks for one. */
  readonly client: { readonly cert: string; readonly key: string } | undefined;
  /** Proxy URL, credentials included. */
  readonly proxyUrl: string | undefined;
}
