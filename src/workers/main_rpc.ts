import { abortable } from "../base/on_abort.ts";
import { describeError, hintOf, OperatorError } from "../base/errors.ts";
import type { DeadLetter, DeadLetterPort } from "../dead_letters/dead_letter.ts";
import { SlsError } from "../sls/sls_error.ts";
import type { CallAnswer, CallRequest, FromWorker, ToWorker } from "./worker_messages.ts";

/** A call to the main isolate failed there. */
export class CallFailed extends OperatorError {
  override name = "CallFailed";
  /** The error's `kind`, where it had one. */
  readonly kind: string;

  constructor({ kind, message, hint }: { kind: string; message: string; hint: string }) {
    super(message, hint);
    this.kind = kind;
  }
}

/** Calls from a worker to the main isolate, each with one answer. */
export class MainRpcClient {
  readonly #post: (message: FromWorker) => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #next = 0;

  constructor(post: (message: FromWorker) => void) {
    this.#post = post;
  }

  /**
   * @throws {CallFailed}, or the signal's reason when `signal` aborts first.
   */
  async call(request: CallRequest, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    const call = this.#next++;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(call, waiting);
    this.#post({ type: "call", call, request });
    try {
      return await abortable(waiting.promise, signal);
    } finally {
      if (this.#waiting.delete(call)) this.#post({ type: "cancel", call });
    }
  }

  /** Takes the main isolate's answer; one to a cancelled call is ignored. */
  answer(call: number, answer: CallAnswer): void {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(new CallFailed(answer));
  }
}

/** Answers the calls of one worker. */
export class MainRpcServer {
  readonly #post: (message: Extract<ToWorker, { type: "answer" }>) => void;
  readonly #answer: (request: CallRequest, signal: AbortSignal) => Promise<unknown>;
  readonly #running = new Map<number, AbortController>();

  /**
   * @param answer Does what a call asks for.
   */
  constructor(
    post: (message: Extract<ToWorker, { type: "answer" }>) => void,
    answer: (request: CallRequest, signal: AbortSignal) => Promise<unknown>,
  ) {
    this.#post = post;
    this.#answer = answer;
  }

  /**
   * Answers a call, also by what it failed with.
   * @param signal Aborts when the answer has no use any more.
   */
  async serve(call: number, request: CallRequest, signal: AbortSignal): Promise<void> {
    const cancelled = new AbortController();
    this.#running.set(call, cancelled);
    const answer = await this.#try(request, AbortSignal.any([cancelled.signal, signal]));
    this.#running.delete(call);
    this.#post({ type: "answer", call, answer });
  }

  cancel(call: number): void {
    this.#running.get(call)?.abort(new DOMException("Cancelled", "AbortError"));
  }

  async #try(request: CallRequest, signal: AbortSignal): Promise<CallAnswer> {
    try {
      return { ok: true, value: await this.#answer(request, signal) };
    } catch (error) {
      const kind = error instanceof SlsError ? error.kind : "";
      return { ok: false, kind, message: describeError(error), hint: hintOf(error, "") };
    }
  }
}

/** The dead letters as a worker sees them: the main isolate writes them, and `park` waits until they are on disk. */
export class RemoteDeadLetters implements DeadLetterPort {
  readonly #main: MainRpcClient;

  constructor(main: MainRpcClient) {
    this.#main = main;
  }

  async park(letter: DeadLetter, signal: AbortSignal): Promise<void> {
    // A copy: posting a view would post the whole buffer under it, which contains other events.
    const own = { ...letter, envelope: letter.envelope.slice() };
    await this.#main.call({ kind: "park", letter: own }, signal);
  }
}
