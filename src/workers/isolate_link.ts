/**
 * The connection between an isolate and a worker that it has started: nothing is posted before the worker listens, and
 * a worker that crashes, hangs or closes itself is noticed.
 */
import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import { liveSecrets } from "../base/redactor.ts";

const PING_EVERY_MS = 1000;

/** What crosses towards a worker: messages of the link's user, and the link's own. */
export type ToIsolate<T> =
  | T
  /** The worker answers at once, which shows that its event loop runs. */
  | { readonly type: "ping" };

/** What crosses from a worker. */
export type FromIsolate<T> = T | LinkMessage;

type LinkMessage =
  /** The worker listens: Deno 2.6 loses what is posted earlier. */
  | { readonly type: "listening" }
  | { readonly type: "pong" }
  /** Nothing caught an error: the worker cannot be used any more. */
  | { readonly type: "crashed"; readonly message: string };

/** One end of the connection: a `Worker`, or what a worker sees of it. */
interface MessagePortLike<Out, In> {
  postMessage(message: Out): void;
  onmessage: ((event: MessageEvent<In>) => void) | null;
}

/** A worker as its starter sees it. */
export interface WorkerLike<Out, In> extends MessagePortLike<ToIsolate<Out>, FromIsolate<In>> {
  onerror: ((event: ErrorEvent) => void) | null;
  terminate(): void;
}

interface IsolateLinkOptions<Out, In> {
  readonly worker: WorkerLike<Out, In>;
  /** How many pings in a row may go without an answer: until the first answer, and afterwards. */
  readonly maxMissedPings: { readonly atStart: number; readonly later: number };
  readonly clock: Clock;
  /** Called with each message of a living worker. */
  readonly onMessage: (message: In) => void;
  /** Called once, when the worker has died. */
  readonly onDeath?: (why: string) => void;
}

/** The starter's end, from the worker's start to its death. Messages of a dead worker are ignored. */
export class IsolateLink<Out, In extends { readonly type: string }> {
  readonly #options: IsolateLinkOptions<Out, In>;
  readonly #died = new AbortController();
  readonly #ready = Promise.withResolvers<void>();
  /** Messages that wait until the worker listens; undefined when it does. */
  #outbox: ToIsolate<Out>[] | undefined = [];
  #heardSincePing = false;

  constructor(options: IsolateLinkOptions<Out, In>) {
    this.#options = options;
    const { worker } = options;
    this.#ready.promise.catch(() => {}); // not everything waits for it
    worker.onmessage = ({ data }) => this.#handle(data);
    worker.onerror = (event) => {
      event.preventDefault(); // otherwise it would end this isolate too
      this.die(event.message);
    };
  }

  /** Resolves when the worker has answered for the first time; rejects when it dies before. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Aborts when the worker dies. */
  get died(): AbortSignal {
    return this.#died.signal;
  }

  /** Posts a message, once the worker listens. */
  post(message: ToIsolate<Out>): void {
    if (this.#died.signal.aborted) return;
    if (this.#outbox) this.#outbox.push(message);
    else this.#options.worker.postMessage(message);
  }

  /**
   * Watches until the worker dies: a hang, or a worker that closes itself, raises no event. Pings are counted, not
   * timed: a worker is not to blame when the whole process was stopped for a while.
   * @throws the signal's reason when `signal` aborts.
   */
  async watch(signal: AbortSignal): Promise<void> {
    const { clock, maxMissedPings } = this.#options;
    const either = AbortSignal.any([signal, this.#died.signal]);
    let limit = maxMissedPings.atStart;
    for (let missed = 0; missed < limit;) {
      this.#heardSincePing = false;
      this.post({ type: "ping" });
      try {
        await clock.sleep(PING_EVERY_MS, either);
      } catch (error) {
        if (this.#died.signal.aborted) return;
        throw error;
      }
      missed = this.#heardSincePing ? 0 : missed + 1;
      if (this.#heardSincePing) limit = maxMissedPings.later;
    }
    this.die(`it has not answered for ${limit * PING_EVERY_MS / 1000} s`);
  }

  /** Ends the worker. */
  die(why: string): void {
    if (this.#died.signal.aborted) return;
    const { worker, onDeath } = this.#options;
    this.#died.abort(new DOMException(why, "AbortError"));
    this.#ready.reject(new Error(why));
    worker.onmessage = null;
    worker.terminate();
    onDeath?.(why);
  }

  #handle(message: FromIsolate<In>): void {
    if (this.#died.signal.aborted) return;
    this.#heardSincePing = true;
    if (!isLinkMessage(message)) {
      this.#ready.resolve();
      return this.#options.onMessage(message);
    }
    switch (message.type) {
      case "listening":
        return this.#postOutbox();
      case "pong":
        return this.#ready.resolve();
      case "crashed":
        return this.die(message.message);
    }
  }

  #postOutbox(): void {
    const waiting = this.#outbox ?? [];
    this.#outbox = undefined;
    for (const message of waiting) this.post(message);
  }
}

function isLinkMessage(message: { readonly type: string }): message is LinkMessage {
  return ["listening", "pong", "crashed"].includes(message.type);
}

/**
 * The worker's end: answers pings, and has an error that nothing catches end in the starter, not on standard error,
 * where Deno would print it with any secret that it contains.
 * @param scope The worker's global scope.
 * @param handle Called with each message, and with what posts one to the starter.
 */
export function serveIsolate<In extends { readonly type: string }, Out>(
  scope: MessagePortLike<FromIsolate<Out>, ToIsolate<In>> & EventTarget,
  handle: (message: In, post: (message: Out) => void) => void,
): void {
  const post = (message: FromIsolate<Out>) => scope.postMessage(message);
  const crash = (event: Event, error: unknown) => {
    event.preventDefault();
    post({ type: "crashed", message: liveSecrets.redact(describeError(error)) });
  };
  scope.addEventListener("error", (event) => crash(event, (event as ErrorEvent).error));
  scope.addEventListener("unhandledrejection", (event) => {
    crash(event, (event as PromiseRejectionEvent).reason);
  });
  scope.onmessage = ({ data }) => {
    if (data.type === "ping") post({ type: "pong" });
    else handle(data as In, post);
  };
  post({ type: "listening" });
}
