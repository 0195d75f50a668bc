import http, { type IncomingMessage } from "node:http";
import { onAbort } from "./on_abort.ts";
import { boundAnswer } from "./wire_bound.ts";

/** Most bytes before the body of an answer. */
const HEAD_MAX_BYTES = 256 * 1024;
/** Most bytes around a body, in addition to as many as it has itself. */
const AROUND_BODY_MAX_BYTES = 1024 * 1024;

/** A request; the names of its headers are in lower case. */
interface NodeFetchInit {
  readonly method?: string;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

/**
 * A `fetch` over `node:http`, on its own connection, that limits the answer on the wire: it also counts informational
 * answers, which the usual `fetch` skips without end. Only for http URLs; redirects are not followed.
 * @throws {AnswerTooLong}, the error of the connection, or the signal's reason.
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
  const aborting = onAbort(signal, fail);
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
    aborting[Symbol.dispose]();
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
        controller.enqueue(Uint8Array.from(piece)); // `piece` may share its memory
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
