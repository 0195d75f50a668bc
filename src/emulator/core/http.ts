import { OperatorError } from "../../base/errors.ts";

/** The request line and headers of a request. */
export interface HttpHead {
  /** As sent; every real client sends upper case. */
  readonly method: string;
  /** The raw path before `?`, not decoded. Of an absolute target, the part after the host. */
  readonly path: string;
  /** The decoded query; `+` is a space. */
  readonly query: URLSearchParams;
  /** Names are case-insensitive. Bytes above 0x7f are read as Latin-1. */
  readonly headers: Headers;
}

/** One request, whole. The body belongs to the handler: the server never touches it again. */
export interface HttpRequest extends HttpHead {
  /** The whole body after chunked decoding; not decompressed. */
  readonly body: Uint8Array;
}

/** One plain answer. */
export interface HttpResponse {
  readonly status: number;
  /** Without `Content-Length`, which the server adds. */
  readonly headers?: Record<string, string>;
  /** Text is sent as UTF-8. */
  readonly body?: Uint8Array | string;
  /** Whether the answer says `Connection: close`. */
  readonly closeAfter?: boolean;
}

/**
 * Runs `listen`, which opens a listening socket.
 *
 * @throws {OperatorError} when the port is taken.
 */
export function listenOn<T>(hostname: string, port: number, listen: () => T): T {
  try {
    return listen();
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new OperatorError(
      `Cannot listen on ${hostname}:${port}: another program listens there`,
      "Choose another port, or 0 for a free one",
      { cause: error },
    );
  }
}
