import { Buffer } from "node:buffer";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { boundAnswer } from "../../base/wire_bound.ts";
import {
  ANSWER_MAX_BYTES,
  AnsweredTooSoon,
  type HecResponse,
  RequestCutOff,
} from "./hec_transport.ts";
import { withheldWriteError, withholdWriteErrors } from "./withheld_write_errors.ts";

/** Most that may come of one answer, all that is about it included; HEC's own have some hundred bytes. */
const WIRE_MAX_BYTES = 4 * ANSWER_MAX_BYTES;
/** The other side closed the connection, or has thrown away what came on it. */
const CUT_OFF: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

/**
 * One request of `node:http` on its way, and the answer to it. A refusal is taken as soon as it comes, even when
 * writing the request has failed meanwhile; a success only of a request that is wholly written.
 */
export class NodeExchange {
  readonly #request: ClientRequest;
  readonly #signal: AbortSignal;
  readonly #explain: (error: Error) => Error;
  readonly #result = Promise.withResolvers<HecResponse>();
  #socket: Socket | undefined;
  #isAnswering = false;
  #isSettled = false;

  /** @param explain Says of an error what to do about it. */
  constructor(request: ClientRequest, signal: AbortSignal, explain: (error: Error) => Error) {
    this.#request = request;
    this.#signal = signal;
    this.#explain = explain;
  }

  /** Waits for the answer. To be called before anything is written. */
  answer(): Promise<HecResponse> {
    const request = this.#request;
    const abort = () => this.#fail(this.#signal.reason);
    this.#signal.addEventListener("abort", abort, { once: true });
    boundAnswer(request, () => WIRE_MAX_BYTES, (error) => this.#fail(error));
    request.on("socket", (socket) => {
      this.#socket = socket;
      withholdWriteErrors(socket);
    });
    request.on("response", (response) => this.#collect(response));
    request.on("error", (error) => this.#broken(error));
    request.on("close", () => {
      this.#signal.removeEventListener("abort", abort);
      this.#broken(new Error("The connection was closed before the whole answer came"));
    });
    return this.#result.promise;
  }

  /** Whether the operating system has taken every byte of the request. More cannot be known. */
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
      // Its status says enough of a refusal that the other side broke off together with the request.
      if (status >= 400 && !this.#isWritten) finish();
      else this.#broken(error);
    };
    response.on("data", (chunk: Uint8Array) => {
      parts.push(chunk.subarray(0, left));
      left -= Math.min(left, chunk.length);
      if (left > 0) return;
      finish();
      response.destroy(); // there is no end to wait for
    });
    response.on("error", cut);
    response.on("aborted", () => cut(new Error("The answer was cut off")));
    response.on("end", finish);
  }

  #answered(answer: HecResponse): void {
    if (this.#isSettled || this.#isWritten) return this.#settle(answer);
    if (answer.status < 200 || answer.status >= 300) return this.#settle(answer);
    // That the last piece is written may be told in the same turn, after the answer to it.
    setImmediate(() => {
      if (this.#isWritten) this.#settle(answer);
      else this.#fail(new AnsweredTooSoon(answer.status));
    });
  }

  #settle(answer: HecResponse): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    // Of a request that is answered before it is all sent, nothing more is sent: its memory may be gone.
    if (!this.#isWritten) this.#request.destroy();
    this.#result.resolve(answer);
  }

  /** The connection is of no more use. What has come of an answer may still have to be read. */
  #broken(error: Error): void {
    if (this.#isAnswering || this.#isSettled) return;
    const cause = withheldWriteError(this.#socket) ?? error;
    const explained = this.#explain(cause);
    // For a clean end too, Deno's word is ECONNRESET.
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
    this.#request.destroy(); // some versions of Deno send no events for that
    this.#result.reject(reason);
  }
}
