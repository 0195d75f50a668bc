import type { HttpHead, HttpRequest, HttpResponse } from "../core/http.ts";

/** A request whose body is not read yet. */
export interface ReceivedHead extends HttpHead {
  /** The raw request target, such as `/a/b?x=%20`. */
  readonly target: string;
  /** 1, 2, 3 … for each accepted connection. */
  readonly connectionId: number;
  /** 1, 2, 3 … for each request head that the server has read. */
  readonly requestId: number;
}

/** One request, whole, with the server's numbers. */
export interface ReceivedRequest extends ReceivedHead, HttpRequest {}

/** What a handler can do: answer, or make a fault. */
export type HttpAction =
  | { do: "respond"; response: HttpResponse }
  /** Close without an answer, after reading the body. */
  | { do: "close" }
  /** Announce the full length, send only `afterBytes` of the body, close. */
  | { do: "reset_in_body"; response: HttpResponse; afterBytes: number }
  /** Send the body with a `Content-Length` that is off by `lengthDelta`, close. */
  | { do: "wrong_length"; response: HttpResponse; lengthDelta: number }
  /** Send the head, then the body in pieces, waiting by the server's clock after each. */
  | { do: "drip"; response: HttpResponse; chunkBytes: number; everyMs: number }
  /** Never answer: keep the connection open until the server closes or the client leaves. */
  | { do: "hang" }
  /** Send any bytes. */
  | { do: "raw"; bytes: Uint8Array; closeAfter: boolean };

/**
 * Answers one request.
 *
 * @param signal Aborts when the connection is gone: the client left, or the server drops it. A
 * handler must then stop waiting, because `close` of the server waits for handlers.
 */
export type HttpHandler = (
  request: ReceivedRequest,
  signal: AbortSignal,
) => HttpAction | HttpResponse | Promise<HttpAction | HttpResponse>;
