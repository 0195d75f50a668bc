/** One request, whole. What it holds belongs to the handler: the server never touches it again. */
export interface HttpRequest {
  /** As sent, upper case in every real client. */
  readonly method: string;
  /** The raw request target, such as `/a/b?x=%20`. */
  readonly target: string;
  /** The raw path before `?`, not decoded. Of an absolute target, the part behind the host. */
  readonly path: string;
  /** The decoded query; `+` is a space. */
  readonly query: URLSearchParams;
  /** Names without regard to case. Bytes above 0x7f are read as Latin-1. */
  readonly headers: Headers;
  /** The whole body after chunked decoding; not decompressed. */
  readonly body: Uint8Array;
  /** 1, 2, 3 … for each accepted connection. */
  readonly connectionId: number;
  /** 1, 2, 3 … for each request head that the server has read. */
  readonly requestId: number;
}

/** One plain answer. */
export interface HttpResponse {
  readonly status: number;
  /** `Content-Length` and, where needed, `Connection` are the server's business. */
  readonly headers?: Record<string, string>;
  /** Text goes out as UTF-8. */
  readonly body?: Uint8Array | string;
  /** Says `Connection: close` and closes after the answer. */
  readonly closeAfter?: boolean;
}

/** What a fault can do in place of a plain answer. */
export type HttpAction =
  | { do: "respond"; response: HttpResponse }
  /** Close without an answer, after the body was read. */
  | { do: "close" }
  /** Announce the full length, send only `afterBytes` of the body, close. */
  | { do: "reset_in_body"; response: HttpResponse; afterBytes: number }
  /** Send the body with a `Content-Length` that is off by `lengthDelta`, close. */
  | { do: "wrong_length"; response: HttpResponse; lengthDelta: number }
  /** Send the head, then the body in pieces, with a wait by the server's clock after each. */
  | { do: "drip"; response: HttpResponse; chunkBytes: number; everyMs: number }
  /** Never answer: keep the connection open until the server closes or the client gives up. */
  | { do: "hang" }
  /** Anything at all. */
  | { do: "raw"; bytes: Uint8Array; closeAfter: boolean };

/**
 * Answers one request.
 * @param signal Aborts when the connection is gone: the client gave up, or the server drops it. A
 * handler that waits must end its wait then, because `close` of the server waits for handlers.
 */
export type HttpHandler = (
  request: HttpRequest,
  signal: AbortSignal,
) => HttpAction | HttpResponse | Promise<HttpAction | HttpResponse>;
