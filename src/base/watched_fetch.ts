import type { Clock } from "./clock.ts";
import { onAbort } from "./on_abort.ts";
import { withTimeout } from "./timeout.ts";
import { AnswerTooLong } from "./wire_bound.ts";

/** An answer whose head takes longer is checked. */
const HEAD_LATE_MS = 2000;
const CHECK_TIMEOUT_MS = 5000;
/** How long the result of a check is valid. */
const CHECK_VALID_MS = 60_000;

/** A `fetch` that always gets a signal. */
type SignalledFetch<I extends { readonly signal: AbortSignal }> = (
  url: string,
  init: I,
) => Promise<Response>;

/**
 * A `fetch` for requests that may be repeated. The usual `fetch` skips informational answers (1xx) without end and without
 * a word. So when a head is late, the same request is also made by the bounded `fetch`, at most once a minute. If that
 * fails because the answer is too long, requests use the bounded `fetch` for a minute.
 */
export class WatchedFetch<I extends { readonly signal: AbortSignal }> {
  readonly #usual: SignalledFetch<I>;
  readonly #bounded: SignalledFetch<I>;
  readonly #clock: Clock;
  #checkAgainMs = -Infinity;
  /** What the last check has found. */
  #flood: AnswerTooLong | undefined;
  #checking: Promise<AnswerTooLong | undefined> | undefined;

  constructor(usual: SignalledFetch<I>, bounded: SignalledFetch<I>, clock: Clock) {
    this.#usual = usual;
    this.#bounded = bounded;
    this.#clock = clock;
  }

  /**
   * Fetches.
   * @throws {AnswerTooLong}, what either `fetch` throws, or the signal's reason.
   */
  async fetch(url: string, init: I): Promise<Response> {
    init.signal.throwIfAborted();
    if (this.#knownFlood) return await this.#bounded(url, init);
    const stop = new AbortController();
    const passing = onAbort(init.signal, (reason) => stop.abort(reason));
    const head = this.#usual(url, { ...init, signal: stop.signal });
    const headIsIn = settled(head, undefined);
    try {
      if (!await this.#isLate(headIsIn)) return await head;
      const check = this.#check(url, init);
      const flood = check && await Promise.race([check, headIsIn]);
      if (flood) stop.abort(flood);
      return await head;
    } catch (error) {
      // After a success the listener stays: the signal must also end the body.
      passing[Symbol.dispose]();
      throw error;
    }
  }

  get #knownFlood(): AnswerTooLong | undefined {
    return this.#clock.monotonicMs() < this.#checkAgainMs ? this.#flood : undefined;
  }

  async #isLate(headIsIn: Promise<undefined>): Promise<boolean> {
    const isIn = new AbortController();
    const late = this.#clock.sleep(HEAD_LATE_MS, isIn.signal);
    const first = await Promise.race([headIsIn, settled(late, true)]);
    isIn.abort();
    return first === true;
  }

  /** One check for all callers; none while the last one is valid. */
  #check(url: string, init: I): Promise<AnswerTooLong | undefined> | undefined {
    if (this.#checking) return this.#checking;
    if (this.#knownFlood) return Promise.resolve(this.#flood);
    if (this.#clock.monotonicMs() < this.#checkAgainMs) return undefined;
    this.#checkAgainMs = this.#clock.monotonicMs() + CHECK_VALID_MS;
    this.#flood = undefined;
    this.#checking = this.#checkOnce(url, init).finally(() => this.#checking = undefined);
    return this.#checking;
  }

  async #checkOnce(url: string, init: I): Promise<AnswerTooLong | undefined> {
    try {
      await withTimeout(
        { what: "The check", timeoutMs: CHECK_TIMEOUT_MS },
        this.#clock,
        init.signal,
        async (signal) => {
          const response = await this.#bounded(url, { ...init, signal });
          await response.body?.cancel();
        },
      );
    } catch (error) {
      if (!(error instanceof AnswerTooLong)) return undefined; // the usual `fetch` reports other errors
      this.#checkAgainMs = this.#clock.monotonicMs() + CHECK_VALID_MS;
      return this.#flood = error;
    }
    return undefined;
  }
}

/** Waits until a promise has settled, and returns `value`. */
async function settled<T>(promise: Promise<unknown>, value: T): Promise<T> {
  try {
    await promise;
  } catch {
    // The caller that awaits the promise itself gets the error.
  }
  return value;
}
