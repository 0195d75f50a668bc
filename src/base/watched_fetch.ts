import type { Clock } from "./clock.ts";
import { withTimeout } from "./timeout.ts";
import { AnswerTooLong } from "./wire_bound.ts";

/** From then on the head of an answer is late. */
const HEAD_LATE_MS = 2000;
/** How long the answer to a check is waited for. */
const CHECK_TIMEOUT_MS = 5000;
/** How long what a check has shown holds. */
const CHECK_HOLDS_MS = 60_000;

/** `fetch` whose signal is always given. */
export type SignalledFetch<I extends { readonly signal: AbortSignal }> = (
  url: string,
  init: I,
) => Promise<Response>;

/**
 * A `fetch` for requests that may be repeated. The usual one swallows informational answers (1xx) at full speed and
 * tells of none. So when a head is late, the same request is made in the bounded way as well, once a minute at most:
 * when that fails as the answer is too long, requests go the bounded way for a minute.
 */
export class WatchedFetch<I extends { readonly signal: AbortSignal }> {
  readonly #usual: SignalledFetch<I>;
  readonly #bounded: SignalledFetch<I>;
  readonly #clock: Clock;
  #checkAgainMs = -Infinity;
  /** What the last check has found, while that holds. */
  #flood: AnswerTooLong | undefined;
  #checking: Promise<AnswerTooLong | undefined> | undefined;

  constructor(usual: SignalledFetch<I>, bounded: SignalledFetch<I>, clock: Clock) {
    this.#usual = usual;
    this.#bounded = bounded;
    this.#clock = clock;
  }

  /** @throws what the ways throw, {AnswerTooLong}, or the reason of the signal. */
  async fetch(url: string, init: I): Promise<Response> {
    init.signal.throwIfAborted();
    if (this.#knownFlood) return await this.#bounded(url, init);
    const stop = new AbortController();
    const pass = () => stop.abort(init.signal.reason);
    init.signal.addEventListener("abort", pass, { once: true });
    const head = this.#usual(url, { ...init, signal: stop.signal });
    const headIsIn = settled(head, undefined);
    try {
      if (!await this.#isLate(headIsIn)) return await head;
      const check = this.#check(url, init);
      const flood = check && await Promise.race([check, headIsIn]);
      if (flood) stop.abort(flood);
      return await head;
    } catch (error) {
      // The body of an answer ends with the signal too, so the listener stays where there is one.
      init.signal.removeEventListener("abort", pass);
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

  /** One check for all that wait; none so soon after another that found nothing. */
  #check(url: string, init: I): Promise<AnswerTooLong | undefined> | undefined {
    if (this.#checking) return this.#checking;
    if (this.#knownFlood) return Promise.resolve(this.#flood);
    if (this.#clock.monotonicMs() < this.#checkAgainMs) return undefined;
    this.#checkAgainMs = this.#clock.monotonicMs() + CHECK_HOLDS_MS;
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
      if (!(error instanceof AnswerTooLong)) return undefined; // nothing is known: the usual way tells
      this.#checkAgainMs = this.#clock.monotonicMs() + CHECK_HOLDS_MS;
      return this.#flood = error;
    }
    return undefined;
  }
}

/** Waits for the end of a promise, whatever that is. @returns `value`. */
async function settled<T>(promise: Promise<unknown>, value: T): Promise<T> {
  try {
    await promise;
  } catch {
    // Whoever has the promise itself hears of it.
  }
  return value;
}
