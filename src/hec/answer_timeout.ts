import { SHARED_OPTIONS } from "./transport/hec_transport.ts";
import type { Clock } from "../base/clock.ts";
import { OperatorError } from "../base/errors.ts";
import { TimedOut, withTimeout } from "../base/timeout.ts";

/** Maximum wait for a slow collector. */
const MAX_MS = 600_000;
/** Minimum time between checks whether a lengthened wait still makes sense. */
const MIN_CHECK_MS = 5000;
/** When all answers have been quick for this long, the wait is halved. */
const QUICK_FOR_MS = 60_000;
/** Timeout of the check whether a collector can be reached at all. */
const CONNECT_TIMEOUT_MS = 10_000;
/** Ends the checks of a request that has ended. */
const DONE = new DOMException("The request has ended", "AbortError");

/** The timeout as configured. */
interface TimeoutOption {
  readonly minMs: number;
  /** Its path, such as `hec.timeout`. */
  readonly option: string;
}

/** A request was sent and no answer came in time: its events may or may not be accepted. */
export class NoAnswerInTime extends OperatorError {
  override name = "NoAnswerInTime";

  constructor({ minMs, option }: TimeoutOption, waitedMs: number, nextMs: number) {
    super(
      `found no answer within ${seconds(waitedMs)} (${option}${
        waitedMs > minMs ? ` of ${seconds(minMs)}, made longer` : ""
      }), though the request was sent`,
      `The collector may have accepted the events: they are resent, so duplicates are possible; sls_id identifies ` +
        `them. The next wait is ${
          seconds(nextMs)
        }. If the collector is only slow, set ${option} above the time that it takes`,
    );
  }
}

/** A request could not be sent in time: none of it was accepted. */
export class NotSentInTime extends OperatorError {
  override name = "NotSentInTime";

  constructor({ option }: TimeoutOption, waitedMs: number, proxyName: string | undefined) {
    const through = proxyName === undefined ? "" : ` through ${proxyName}`;
    const what = proxyName === undefined
      ? "the collector can be reached"
      : "the proxy answers and reaches the collector";
    super(
      `could not send the request${through} within ${seconds(waitedMs)} (${option})`,
      `Nothing was accepted; it is retried. Check whether ${what}, and whether it reads requests`,
    );
  }
}

/** A request that is under way. */
export interface AwaitedRequest<T> {
  readonly signal: AbortSignal;
  /** Sends it. `onSent` is called once it is sent completely, by transports that know that. */
  readonly send: (onSent: () => void, limit: AbortSignal) => Promise<T>;
  /** Whether a connection can be made: asked when it is unknown whether the request was sent. */
  readonly canConnect: (signal: AbortSignal) => Promise<boolean>;
  /** Whether another endpoint has answered meanwhile: then the events go there, and the wait is not lengthened. */
  readonly answersElsewhere: () => boolean;
}

/**
 * How long to wait for the answer to events at one endpoint: `hec.timeout`, doubled each time that no answer comes in that
 * time, up to 10 minutes. Otherwise a collector that is slower than `hec.timeout` would get the same events forever. Only
 * the wait for an answer is lengthened: a request that could not be sent fails after `hec.timeout`.
 */
export class AnswerTimeout {
  readonly #minMs: number;
  readonly #configured: TimeoutOption;
  readonly #clock: Clock;
  readonly #proxyName: string | undefined;
  #ms: number;
  /** When the wait last changed, or an answer was slow. */
  #sinceMs = 0;

  /**
   * @param minMs `hec.timeout`.
   * @param proxyName Name of the proxy in between, from `nameOf`.
   * @param optionPath Where the options are written, for messages.
   */
  constructor(minMs: number, clock: Clock, proxyName?: string, optionPath = SHARED_OPTIONS) {
    this.#proxyName = proxyName;
    this.#configured = { minMs, option: `${optionPath}.timeout` };
    this.#minMs = minMs;
    this.#clock = clock;
    this.#ms = minMs;
  }

  /** The wait for the next answer, in milliseconds. */
  get ms(): number {
    return this.#ms;
  }

  /**
   * Waits for an answer.
   * @throws {NoAnswerInTime} when the request was sent.
   * @throws {NotSentInTime} when it was not.
   * @throws the reason of the signal.
   * @throws what sending throws.
   */
  async answer<T>(what: string, request: AwaitedRequest<T>): Promise<T> {
    const waitMs = this.#ms;
    const startMs = this.#clock.monotonicMs();
    let isSent = false;
    const isUnderWay = async (signal: AbortSignal) =>
      isSent || await this.#reaches(request, signal);
    const early = new AbortController();
    const done = new AbortController();
    const checking = waitMs > this.#minMs
      ? this.#check(request, isUnderWay, early, done.signal)
      : undefined;
    try {
      const signal = checking ? AbortSignal.any([request.signal, early.signal]) : request.signal;
      const send = (limit: AbortSignal) => request.send(() => isSent = true, limit);
      const answer = await withTimeout({ what, timeoutMs: waitMs }, this.#clock, signal, send);
      this.#answered(this.#clock.monotonicMs() - startMs);
      return answer;
    } catch (error) {
      if (!(error instanceof TimedOut) || request.signal.aborted) throw error;
      if (!await isUnderWay(request.signal)) {
        throw new NotSentInTime(this.#configured, waitMs, this.#proxyName);
      }
      if (!request.answersElsewhere()) this.#lengthen(waitMs);
      throw new NoAnswerInTime(this.#configured, waitMs, this.#ms);
    } finally {
      done.abort(DONE);
      await checking;
    }
  }

  /** Ends a lengthened wait that no longer makes sense. */
  async #check(
    request: AwaitedRequest<unknown>,
    isUnderWay: (signal: AbortSignal) => Promise<boolean>,
    early: AbortController,
    done: AbortSignal,
  ): Promise<void> {
    for (let waitedMs = 0;;) {
      const partMs = waitedMs === 0 ? this.#minMs : Math.max(this.#minMs, MIN_CHECK_MS);
      try {
        await this.#clock.sleep(partMs, done);
      } catch {
        return; // the request has ended: only `done` ends this sleep early
      }
      waitedMs += partMs;
      const isLost = !await isUnderWay(done);
      if (done.aborted) return;
      if (isLost) {
        return early.abort(new NotSentInTime(this.#configured, waitedMs, this.#proxyName));
      }
      if (!request.answersElsewhere()) continue;
      return early.abort(new NoAnswerInTime(this.#configured, waitedMs, this.#ms));
    }
  }

  async #reaches({ canConnect }: AwaitedRequest<unknown>, signal: AbortSignal): Promise<boolean> {
    try {
      return await withTimeout(
        { what: "Connecting", timeoutMs: CONNECT_TIMEOUT_MS },
        this.#clock,
        signal,
        canConnect,
      );
    } catch {
      return false; // it took too long, or the request has ended
    }
  }

  /**
   * @param waitedMs Requests that were sent together time out together: only the first of them counts.
   */
  #lengthen(waitedMs: number): void {
    this.#sinceMs = this.#clock.monotonicMs();
    if (waitedMs >= this.#ms) {
      this.#ms = Math.max(this.#minMs, Math.min(MAX_MS, this.#ms * 2));
    }
  }

  #answered(tookMs: number): void {
    if (this.#ms === this.#minMs) return;
    const nowMs = this.#clock.monotonicMs();
    const isQuick = tookMs < this.#minMs / 2;
    if (isQuick && nowMs - this.#sinceMs < Math.min(this.#ms, QUICK_FOR_MS)) return;
    if (isQuick) this.#ms = Math.max(this.#minMs, this.#ms / 2);
    this.#sinceMs = nowMs;
  }
}

function seconds(ms: number): string {
  return `${ms / 1000} s`;
}
