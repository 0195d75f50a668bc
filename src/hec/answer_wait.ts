import type { Clock } from "../base/clock.ts";
import { OperatorError } from "../base/errors.ts";
import { TimedOut, withTimeout } from "../base/timeout.ts";

/** Longest wait that a slow collector comes to. */
const LONGEST_MS = 600_000;
/** Between two looks whether a wait that was made longer still makes sense. */
const LEAST_LOOK_MS = 5000;
/** While all answers have come quickly for so long, the wait becomes half as long. */
const QUICK_FOR_MS = 60_000;
/** Longest that is found out whether a collector can be reached at all. */
const REACHING_MS = 10_000;
/** Why a look ends when the request has ended first. */
const DONE = new DOMException("The request has ended", "AbortError");

/** A request was sent, and no answer came in time: its events may be taken or not. */
export class NoAnswerInTime extends OperatorError {
  override name = "NoAnswerInTime";

  constructor(waitedMs: number, leastMs: number, nextMs: number) {
    super(
      `found no answer within ${seconds(waitedMs)} (hec.timeout${
        waitedMs > leastMs ? ` of ${seconds(leastMs)}, made longer` : ""
      }), though the request was sent`,
      `The collector may have taken the events: they are sent again, so duplicates are possible, which sls_id tells. ` +
        `The next wait is ${
          seconds(nextMs)
        }. If the collector is only slow, set hec.timeout above the time that it takes`,
    );
  }
}

/** A request could not be sent in time: nothing of it was taken. */
export class NotSentInTime extends OperatorError {
  override name = "NotSentInTime";

  constructor(waitedMs: number, proxyName: string | undefined) {
    const through = proxyName === undefined ? "" : ` through ${proxyName}`;
    const what = proxyName === undefined
      ? "the collector can be reached"
      : "the proxy answers and reaches the collector";
    super(
      `could not send the request${through} within ${seconds(waitedMs)} (hec.timeout)`,
      `Nothing was taken; it is tried again. Find out whether ${what}, and whether it reads`,
    );
  }
}

/** A request on its way. */
export interface AwaitedRequest<T> {
  readonly signal: AbortSignal;
  /** Sends it. `onSent` is called when it is wholly handed over, by transports that tell. */
  readonly send: (onSent: () => void, limit: AbortSignal) => Promise<T>;
  /** Whether a connection can be made: asked where the transport did not tell that the request was sent. */
  readonly canConnect: (signal: AbortSignal) => Promise<boolean>;
  /** Whether another endpoint has answered meanwhile: then the events go there, and nothing is waited for longer. */
  readonly answersElsewhere: () => boolean;
}

/**
 * How long the answer to events is waited for at one endpoint: `hec.timeout`, and while no answer comes in that time,
 * twice as long each time, to 10 minutes at most. Else a collector that is slower than `hec.timeout` would get the same
 * events without end. Only an answer is waited for longer: a request that could not be sent fails after `hec.timeout`.
 */
export class AnswerWait {
  readonly #leastMs: number;
  readonly #clock: Clock;
  readonly #proxyName: string | undefined;
  #ms: number;
  /** When the wait was changed last, or an answer was slow. */
  #sinceMs = 0;

  /**
   * @param leastMs `hec.timeout`.
   * @param proxyName Of the proxy on the way, as `nameOf` says it.
   */
  constructor(leastMs: number, clock: Clock, proxyName?: string) {
    this.#proxyName = proxyName;
    this.#leastMs = leastMs;
    this.#clock = clock;
    this.#ms = leastMs;
  }

  /** The wait of the next request, in milliseconds. */
  get ms(): number {
    return this.#ms;
  }

  /**
   * Waits for an answer.
   * @throws {NoAnswerInTime} {NotSentInTime}, the reason of the signal, or what sending throws.
   */
  async answer<T>(what: string, request: AwaitedRequest<T>): Promise<T> {
    const waitMs = this.#ms;
    const startMs = this.#clock.monotonicMs();
    let isSent = false;
    const isUnderWay = async (signal: AbortSignal) =>
      isSent || await this.#reaches(request, signal);
    const early = new AbortController();
    const done = new AbortController();
    const looking = waitMs > this.#leastMs
      ? this.#look(request, isUnderWay, early, done.signal)
      : undefined;
    try {
      const signal = looking ? AbortSignal.any([request.signal, early.signal]) : request.signal;
      const send = (limit: AbortSignal) => request.send(() => isSent = true, limit);
      const answer = await withTimeout({ what, timeoutMs: waitMs }, this.#clock, signal, send);
      this.#answered(this.#clock.monotonicMs() - startMs);
      return answer;
    } catch (error) {
      if (!(error instanceof TimedOut) || request.signal.aborted) throw error;
      if (!await isUnderWay(request.signal)) throw new NotSentInTime(waitMs, this.#proxyName);
      if (!request.answersElsewhere()) this.#lengthen(waitMs);
      throw new NoAnswerInTime(waitMs, this.#leastMs, this.#ms);
    } finally {
      done.abort(DONE);
      await looking;
    }
  }

  /** Ends a wait that was made longer when it turns out to make no sense. */
  async #look(
    request: AwaitedRequest<unknown>,
    isUnderWay: (signal: AbortSignal) => Promise<boolean>,
    early: AbortController,
    done: AbortSignal,
  ): Promise<void> {
    for (let waitedMs = 0;;) {
      const partMs = waitedMs === 0 ? this.#leastMs : Math.max(this.#leastMs, LEAST_LOOK_MS);
      try {
        await this.#clock.sleep(partMs, done);
      } catch {
        return; // the request has ended first: `done` is the only thing that ends this sleep early
      }
      waitedMs += partMs;
      const isLost = !await isUnderWay(done);
      if (done.aborted) return;
      if (isLost) return early.abort(new NotSentInTime(waitedMs, this.#proxyName));
      if (!request.answersElsewhere()) continue;
      return early.abort(new NoAnswerInTime(waitedMs, this.#leastMs, this.#ms));
    }
  }

  async #reaches({ canConnect }: AwaitedRequest<unknown>, signal: AbortSignal): Promise<boolean> {
    try {
      return await withTimeout(
        { what: "Connecting", timeoutMs: REACHING_MS },
        this.#clock,
        signal,
        canConnect,
      );
    } catch {
      return false; // it took too long, or what it is asked for is over
    }
  }

  /** @param waitedMs Requests that were sent at once time out at once: only the first of them counts. */
  #lengthen(waitedMs: number): void {
    this.#sinceMs = this.#clock.monotonicMs();
    if (waitedMs >= this.#ms) {
      this.#ms = Math.max(this.#leastMs, Math.min(LONGEST_MS, this.#ms * 2));
    }
  }

  #answered(tookMs: number): void {
    if (this.#ms === this.#leastMs) return;
    const nowMs = this.#clock.monotonicMs();
    const isQuick = tookMs < this.#leastMs / 2;
    if (isQuick && nowMs - this.#sinceMs < Math.min(this.#ms, QUICK_FOR_MS)) return;
    if (isQuick) this.#ms = Math.max(this.#leastMs, this.#ms / 2);
    this.#sinceMs = nowMs;
  }
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
