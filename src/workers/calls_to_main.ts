import { OperatorError } from "../base/operator_error.ts";
import { abortable } from "../base/abortable.ts";
import type { CallAnswer, CallRequest, FromWorker } from "./worker_messages.ts";

/** A call to the main isolate ended with an error there. */
export class CallFailed extends OperatorError {
  override name = "CallFailed";
  /** The error's `kind`, where it had one. */
  readonly kind: string;

  constructor({ kind, message, hint }: { kind: string; message: string; hint: string }) {
    super(message, hint);
    this.kind = kind;
  }
}

/** What a worker asks the main isolate for, and waits for. */
export class CallsToMain {
  readonly #post: (message: FromWorker) => void;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #next = 0;

  constructor(post: (message: FromWorker) => void) {
    this.#post = post;
  }

  /** @throws {CallFailed}, or the signal's reason when `signal` aborts first. */
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

  /** An answer that nobody waits for any more means nothing. */
  answer(call: number, answer: CallAnswer): void {
    const waiting = this.#waiting.get(call);
    this.#waiting.delete(call);
    if (answer.ok) waiting?.resolve(answer.value);
    else waiting?.reject(new CallFailed(answer));
  }
}
