import { nodeHttpIsSound } from "../../base/runtime.ts";
import type { TlsOptionNames } from "../../base/explain_tls.ts";
import { OperatorError } from "../../base/errors.ts";
import type { TlsTexts } from "../../base/tls_files.ts";

/** Where the options of a collector are written that all sources share, for messages. */
export const SHARED_OPTIONS = "hec";

/** One request to HEC. */
export interface HecRequest {
  readonly method: "GET" | "POST";
  /** Path on the endpoint, such as `/services/collector/event`. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  /** Called when the operating system has accepted the whole request; never by `fetch`, which does not report it. */
  readonly onSent?: () => void;
}

export interface HecResponse {
  readonly status: number;
  readonly retryAfter: string | null;
  /** Target of a redirect; left out without that header. */
  readonly location?: string | null;
  /** Each `Set-Cookie` header. */
  readonly setCookies: readonly string[];
  /** `Content-Encoding` of the body, which is not decompressed yet. */
  readonly contentEncoding: string | null;
  /** The body as received, cut off after 64 KiB. */
  readonly body: Uint8Array;
}

/**
 * The connection was closed while the request was under way, without any answer. A gateway may do that to a body that is
 * too large.
 */
export class RequestCutOff extends Error {
  override name = "RequestCutOff";

  constructor(cause: Error) {
    super("The connection was closed before an answer came", { cause });
  }
}

/** A success that came before the whole request was written: it proves nothing, and counts as no answer. */
export class AnsweredTooSoon extends OperatorError {
  override name = "AnsweredTooSoon";

  constructor(status: number) {
    super(
      `The collector answered ${status} before it had read the request`,
      "It is resent. Find out what answers there: a collector reads the events before it accepts them",
    );
  }
}

/** Maximum size of an answer. HEC's own are under 1 KiB. */
export const ANSWER_MAX_BYTES = 64 * 1024;

/** Sends requests to one endpoint, over connections that it keeps. */
export interface HecTransport {
  /** Largest body of several events that it accepts; any when left out. */
  readonly maxBodyBytes?: number | undefined;
  /**
   * Sends one request and reads the answer. Redirects are not followed: they would turn a POST into a GET and a web page
   * into a success.
   * @throws when there is no complete answer.
   * @throws the reason of `signal`.
   */
  send(request: HecRequest, signal: AbortSignal): Promise<HecResponse>;
  /**
   * Whether a connection can be made now; only for transports that do not report when a request is sent. Never throws.
   */
  canConnect?(signal: AbortSignal): Promise<boolean>;
  /** Closes the connections that are kept. Requests in flight fail. */
  close(): void;
}

/**
 * Names the options of a connection in the hints about a failed handshake.
 * @param path Where they are written, such as `hec`.
 * @param nodeIsSound Whether this Deno can check a fingerprint; otherwise that option is not suggested.
 */
export function hecTlsOptions(path: string, nodeIsSound = nodeHttpIsSound): TlsOptionNames {
  return {
    server: "the collector",
    url: `${path}.url`,
    caFile: `${path}.tls.ca_file`,
    fingerprint: nodeIsSound ? `${path}.tls.fingerprint` : undefined,
    client: `${path}.tls.cert_file and ${path}.tls.key_file`,
  };
}

/** How an endpoint is reached, without certificates and keys, which may change. */
export interface HecAddress {
  /** Scheme, host, port and path of the endpoint, without a slash at the end. */
  readonly baseUrl: string;
  /** False: any certificate is accepted. */
  readonly verify: boolean;
  /** SHA-256 of the only certificate that is accepted, whatever signed it: 64 lower-case hex digits. */
  readonly fingerprint?: string | undefined;
  /** Proxy URL, credentials included. */
  readonly proxyUrl: string | undefined;
  /** Called when the server's certificate is good, but of version 1: Deno does not check that it has the key. */
  readonly onUnprovenKey?: () => void;
}

/** How an endpoint is reached now. */
export interface HecConnection extends HecAddress, TlsTexts {
  /** Where the options are written, for messages; `hec` when left out. */
  readonly optionPath?: string | undefined;
}
