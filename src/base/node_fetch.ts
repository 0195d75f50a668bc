import http, { type IncomingMessage } from "node:http";
import { boundAnswer } from "./wire_bound.ts";

/** Most that may come before the body of an answer. */
const HEAD_MAX_BYTES = 256 * 1024;
/** Most that may come about a body, beside as much as it has itself. */
const AROUND_BODY_MAX_BYTES = 1024 * 1024;

/** What a request asks; the names of headers in lower case. */
export interface NodeFetchInit {
  readonly method?: string;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

/**
 * `fetch` over `node:http`, on a connection of its own, with an answer that is bounded on the wire: informational
 * answers, which `fetch` swallows without end, are counted too. Without TLS alone; redirects are not followed.
 * @throws {AnswerTooLong}, what the connection fails with, or the reason of the signal.
 */
export function nodeFetch(url: string, init: NodeFetchInit): Promise<Response> {
  const { method = "GET", headers, body, signal } = init;
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  if (signal.aborted) return Promise.reject(signal.reason);
  const request = http.request(url, {
    method,
    headers: { ...headers as Record<string, string> },
    agent: false,
  });
  let bodyBytes: number | undefined;
  let failBody = (_error: unknown) => {};
  const fail = (error: unknown) => {
    reject(error);
    failBody(error);
    request.destroy();
  };
  const abort = () => fail(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  boundAnswer(
    request,
    () => bodyBytes === undefined ? HEAD_MAX_BYTES : AROUND_BODY_MAX_BYTES + 2 * bodyBytes,
    fail,
  );
  request.on("response", (response) => {
    bodyBytes = 0;
    const stream = streamOf(response, (bytes) => bodyBytes! += bytes, () => request.destroy());
    failBody = stream.fail;
    resolve(responseOf(response, stream.body));
  });
  request.on("error", fail);
  request.on("close", () => {
    signal.removeEventListener("abort", abort);
    fail(new Error("The connection was closed before the whole answer came"));
  });
  request.end(body as Uint8Array | undefined);
  return promise;
}

function responseOf(response: IncomingMessage, body: ReadableStream<Uint8Array>): Response {
  const headers = new Headers();
  const { rawHeaders, statusCode = 0 } = response;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  }
  const hasNoBody = statusCode === 204 || statusCode === 205 || statusCode === 304;
  if (hasNoBody) response.resume();
  return new Response(hasNoBody ? null : body, { status: statusCode, headers });
}

function streamOf(
  response: IncomingMessage,
  count: (bytes: number) => void,
  cancel: () => void,
): { readonly body: ReadableStream<Uint8Array>; readonly fail: (error: unknown) => void } {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  let isOver = false;
  const end = (how: () => void) => {
    if (!isOver) how();
    isOver = true;
  };
  const fail = (error: unknown) => end(() => controller.error(error));
  const body = new ReadableStream<Uint8Array>({
    start: (made) => {
      controller = made;
      response.on("data", (piece: Uint8Array) => {
        if (isOver) return;
        count(piece.length);
        controller.enqueue(Uint8Array.from(piece)); // a view of memory that others may have too
        if ((controller.desiredSize ?? 0) <= 0) response.pause();
      });
      response.on("end", () => end(() => controller.close()));
      response.on("error", fail);
      response.on("aborted", () => fail(new Error("The answer was cut off")));
    },
    pull: () => void response.resume(),
    cancel: () => {
      isOver = true;
      cancel();
    },
  });
  return { body, fail };
}
