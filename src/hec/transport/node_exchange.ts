import { Buffer } from "node:buffer";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { onAbort } from "../../base/on_abort.ts";
import { yieldToEventLoop } from "../../base/runtime.ts";
import { boundAnswer } from "../../base/wire_bound.ts";
import {
  ANSWER_MAX_BYTES,
  AnsweredTooSoon,
  type HecResponse,
  RequestCutOff,
} from "./hec_transport.ts";

/** Maximum size of one answer with its head; HEC's own have some hundred bytes. */
const WIRE_MAX_BYTES = 4 * ANSWER_MAX_BYTES;
/** The other side closed the connection, or discarded what was sent on it. */
const CUT_OFF: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

/**
 * One request of `node:http` that is under way, and its answer. A refusal counts as soon as it comes, even if writing the
 * request has failed meanwhile; a success counts only once the request is written completely.
 */
export class NodeExchange {
  readonly #request: ClientRequest;
  readonly #signal: AbortSignal;
  readonly #explain: (error: Error) => Error;
  readonly #result = Promise.withResolvers<HecResponse>();
  #socket: Socket | undefined;
  #isAnswering = false;
  #isSettled = false;

  /**
   * @param explain Adds to an error what to do about it.
   */
  constructor(request: ClientRequest, signal: AbortSignal, explain: (error: Error) => Error) {
    this.#request = request;
    this.#signal = signal;
    this.#explain = explain;
  }

  /** Waits for the answer. Call it before anything is written. */
  async answer(): Promise<HecResponse> {
    const request = this.#request;
    using _aborting = onAbort(this.#signal, (reason) => this.#fail(reason));
    boundAnswer(request, () => WIRE_MAX_BYTES, (error) => this.#fail(error));
    request.on("socket", (socket) => {
      this.#socket = socket;
      withholdWriteErrors(socket);
    });
    request.on("response", (response) => this.#collect(response));
    request.on("error", (error) => this.#broken(error));
    request.on("close", () => {
      this.#broken(new Error("The connection was closed before the whole answer came"));
    });
    return await this.#result.promise;
  }

  /** Whether the operating system has accepted every byte of the request. More cannot be known. */
  get #isWritten(): boolean {
    return this.#request.writableEnded && this.#request.writableLength === 0 &&
      this.#socket?.writableLength === 0;
  }

  #collect(response: IncomingMessage): void {
    this.#isAnswering = true;
    const parts: Uint8Array[] = [];
    let left = ANSWER_MAX_BYTES;
    const status = response.statusCode ?? 0;
    const finish = () => {
      const { headers } = response;
      this.#answered({
        status,
        retryAfter: headers["retry-after"] ?? null,
        location: headers.location ?? null,
        contentEncoding: headers["content-encoding"] ?? null,
        setCookies: headers["set-cookie"] ?? [],
        body: new Uint8Array(Buffer.concat(parts)),
      });
    };
    const cut = (error: Error) => {
      this.#isAnswering = false;
      // If the other side cut off a refusal together with the request, its status is enough.
      if (status >= 400 && !this.#isWritten) finish();
      else this.#broken(error);
    };
    response.on("data", (chunk: Uint8Array) => {
      parts.push(chunk.subarray(0, left));
      left -= Math.min(left, chunk.length);
      if (left > 0) return;
      finish();
      response.destroy(); // do not wait for its end
    });
    response.on("error", cut);
    response.on("aborted", () => cut(new Error("The answer was cut off")));
    response.on("end", finish);
  }

  #answered(answer: HecResponse): void {
    if (this.#isSettled || this.#isWritten) return this.#settle(answer);
    if (answer.status < 200 || answer.status >= 300) return this.#settle(answer);
    // The event for the last written piece may come after the answer, in the same turn of the event loop.
    void yieldToEventLoop().then(() => {
      if (this.#isWritten) this.#settle(answer);
      else this.#fail(new AnsweredTooSoon(answer.status));
    });
  }

  #settle(answer: HecResponse): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    // If the answer comes before the whole request is sent, stop sending: its memory may be reused.
    if (!this.#isWritten) this.#request.destroy();
    this.#result.resolve(answer);
  }

  /** The connection is unusable. A part of an answer may still be unread. */
  #broken(error: Error): void {
    if (this.#isAnswering || this.#isSettled) return;
    const cause = withheldWriteError(this.#socket) ?? error;
    const explained = this.#explain(cause);
    // Deno reports ECONNRESET for a clean end too.
    const isCutOff = explained === cause && this.#isConnected &&
      CUT_OFF.has((cause as { code?: string }).code ?? "");
    this.#fail(isCutOff ? new RequestCutOff(cause) : explained);
  }

  get #isConnected(): boolean {
    const socket = this.#socket as Partial<TLSSocket> & { secureConnecting?: boolean } | undefined;
    return socket !== undefined && !socket.connecting && !socket.secureConnecting;
  }

  #fail(reason: unknown): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#request.destroy(); // some versions of Deno emit no events for that
    this.#result.reject(reason);
  }
}

type Done = (error?: Error | null) => void;

/** For each watched socket, the error of its first failed write. */
const watched = new WeakMap<Duplex, { error: Error | undefined }>();

/**
 * Keeps a socket readable when writing to it fails. A gateway that refuses a request by its head answers and closes; then
 * writing the body fails, which would destroy the socket with the answer still unread. Instead, the write stays unfinished
 * (`writableLength` does not fall), and reading continues to the end of what the other side sent. That end always comes,
 * because the connection is broken.
 */
function withholdWriteErrors(socket: Duplex): void {
  if (watched.has(socket)) return;
  const failure: { error: Error | undefined } = { error: undefined };
  watched.set(socket, failure);
  const withholding = (done: Done): Done => (error) => {
    if (error && !socket.destroyed) failure.error ??= error;
    else done(error);
  };
  const { _write: write, _writev: writev } = socket;
  socket._write = (chunk, encoding, done) => write.call(socket, chunk, encoding, withholding(done));
  if (!writev) return;
  socket._writev = (chunks, done) => writev.call(socket, chunks, withholding(done));
}

/** The error of the first failed write to a watched socket. */
function withheldWriteError(socket: Duplex | undefined): Error | undefined {
  return socket && watched.get(socket)?.error;
}
