import { Backoff } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { describeError, hintOf } from "../base/errors.ts";
import { proxyFailureIn } from "../base/proxy_failure.ts";
import type { ChannelAnswer, Endpoint } from "./endpoint.ts";
import type { EndpointPool, EndpointSlot } from "./endpoint_pool.ts";
import { describeAnswer, hecCause } from "./hec_answer.ts";
import {
  gzipLoss,
  isRefusedAlike,
  mayBeUnopened,
  showsOpened,
  type SortedAnswer,
} from "./gzip_trial.ts";
import { RequestCutOff } from "./transport/hec_transport.ts";
import type { Hold } from "./hold.ts";
import { type Outcome, sortAnswer } from "./outcome.ts";
import type { Decided, FirstTaken, PostResult, Undecided, UndecidedPost } from "./post_result.ts";
import type { RequestBody } from "./request_body.ts";
import type { Route } from "./route.ts";
import { CUT_OFF_HINT, type InParts, SizeTrial } from "./size_trial.ts";

const RETRY = { baseMs: 500, capMs: 30_000 };
/** 9 busy, 18 queues full, 20 queues full and no acknowledgement, 23 shutting down. */
const EJECTING = new Set([9, 18, 20, 23]);

const USUAL_HINT = "It is tried again; nothing is lost meanwhile";
/** Where it is not known whether the events were taken. */
const MAY_REPEAT_HINT =
  "It is tried again, so nothing is lost; what was taken without an answer comes twice";

export interface PosterOptions {
  readonly pool: EndpointPool;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * Posts one request until HEC decides about it: transient answers and failures are tried again without
 * end, refusals that somebody must mend hold the source and are tried again slowly.
 */
export class Poster {
  readonly #options: PosterOptions;
  readonly #route: Route;
  readonly #hold: Hold;
  readonly #signal: AbortSignal;
  /** Requests sent, without those that try the first event without compression. */
  posts = 0;

  constructor(route: Route, hold: Hold, signal: AbortSignal, options: PosterOptions) {
    this.#route = route;
    this.#hold = hold;
    this.#signal = signal;
    this.#options = options;
  }

  /**
   * @param acks Whether the events wait for acknowledgement.
   * @throws the reason of the signal when it aborts.
   */
  async post(body: RequestBody, acks: boolean): Promise<PostResult> {
    const { pool, clock } = this.#options;
    const size = new SizeTrial(body, this.#route, clock);
    let avoid: Endpoint | undefined;
    let refusals = 0;
    const own = new Backoff(RETRY, this.#options);
    for (let failures = 1;; failures++) {
      const slot = await this.#acquire(avoid);
      const { endpoint } = slot;
      const result = await this.#send(slot, body, acks, size, refusals > 0 || this.#hold.probes);
      if (result.kind !== "undecided") return result;
      const { outcome } = result;
      const what = `Cannot deliver ${
        body.count === 1 ? "1 event" : `${body.count} events`
      } to ${endpoint.name}: ${result.message}`;
      const retries = retriesBeforeHold(outcome, pool.healthy);
      refusals = retries === undefined ? 0 : refusals + 1;
      if (retries !== undefined && (refusals > retries || this.#hold.probes)) {
        if (await this.#hold.wait(what, result.holdHint, result.cause) && body.count > 1) {
          return { kind: "first_alone" };
        }
      } else {
        await this.#backOff(result, endpoint, own, failures, what);
        if (outcome.kind === "retry" && outcome.from > 0) {
          return { kind: "part", taken: outcome.from };
        }
      }
      avoid = endpoint;
    }
  }

  async #acquire(avoid: Endpoint | undefined): Promise<EndpointSlot> {
    for (;;) {
      await this.#hold.pass();
      const slot = await this.#options.pool.acquire(this.#signal, avoid);
      if (this.#hold.mayPass) return slot;
      slot.release("unknown"); // another batch has come to hold the source meanwhile
    }
  }

  async #send(
    slot: EndpointSlot,
    body: RequestBody,
    acks: boolean,
    size: SizeTrial,
    again: boolean,
  ): Promise<Decided | FirstTaken | InParts | UndecidedPost> {
    const { endpoint } = slot;
    let sent: ChannelAnswer;
    let sorted: SortedAnswer;
    try {
      const inParts = await size.before(endpoint, this.#signal);
      if (inParts) {
        slot.release("unknown");
        return inParts;
      }
      this.posts++;
      sent = await this.#post(slot, body.bytes, body.gzipped, acks);
      sorted = { answer: sent.answer, outcome: sortAnswer(sent.answer, body.count, acks) };
      size.answered(sorted.outcome, endpoint);
      const isDoubtful = body.gzipped && mayBeUnopened(sorted, again) &&
        endpoint.gzipTrust.refused();
      const plain = isDoubtful ? await this.#tryPlain(slot, body, acks, sorted) : undefined;
      if (plain) return plain;
    } catch (error) {
      const endpointWaitMs = slot.release(
        this.#signal.aborted ? "unknown" : { noAnswer: error },
      );
      this.#signal.throwIfAborted();
      const inParts = size.unanswered(error, endpoint);
      if (inParts) return inParts;
      const message = describeError(error);
      const hint = hintOf(error, error instanceof RequestCutOff ? CUT_OFF_HINT : MAY_REPEAT_HINT);
      const proxy = proxyFailureIn(error);
      const cause = proxy?.troubleCause ?? hecCause(endpoint.name);
      const held = proxy?.kind === "refused" && endpointWaitMs > 0;
      return { kind: "undecided", outcome: NO_ANSWER, message, hint, cause, endpointWaitMs, held };
    }
    const { channel, latencyMs } = sent;
    const { answer, outcome } = sorted;
    if (body.gzipped && showsOpened(sorted)) endpoint.gzipTrust.opened();
    const nowMs = this.#options.clock.monotonicMs();
    if (slowsDown(outcome)) endpoint.limit.overloaded(nowMs);
    else if (outcome.kind === "accepted") endpoint.limit.succeeded(latencyMs, nowMs);
    if (!isUndecided(outcome)) {
      slot.release("ok");
      return { kind: "decided", outcome, answer, endpoint, channel };
    }
    // A held source is tried on new connections: a balancer may lead them to another indexer.
    if (outcome.kind === "hold" || outcome.freshConnection) endpoint.retireConnection(channel);
    const ejects = EJECTING.has(answer.code ?? -1);
    const busyForMs = busyMs(outcome);
    const endpointWaitMs = slot.release(
      busyForMs !== undefined ? { busyForMs, ejects } : ejects ? "eject" : "failed",
    );
    const message = describeAnswer(answer);
    // A gateway that gives up says nothing of what the collector behind it has done.
    const isOfGateway = answer.code === undefined &&
      (answer.status >= 500 || answer.status === 408);
    const hint = isOfGateway ? MAY_REPEAT_HINT : USUAL_HINT;
    const cause = hecCause(endpoint.name, answer);
    return { kind: "undecided", outcome, message, hint, cause, endpointWaitMs };
  }

  async #post(
    slot: EndpointSlot,
    bytes: Uint8Array<ArrayBuffer>,
    gzipped: boolean,
    acks: boolean,
  ): Promise<ChannelAnswer> {
    const { endpoint, abandoned } = slot;
    const ended = abandoned ? AbortSignal.any([this.#signal, abandoned]) : this.#signal;
    return await endpoint.postEvents(bytes, gzipped, acks, ended, () => slot.answersElsewhere());
  }

  /**
   * Finds out whether a compressed body was refused for its compression, by its first event without.
   * @returns undefined when it was not; then the slot is still to be given back.
   */
  async #tryPlain(
    slot: EndpointSlot,
    body: RequestBody,
    acks: boolean,
    compressed: SortedAnswer,
  ): Promise<FirstTaken | UndecidedPost | undefined> {
    const { endpoint } = slot;
    const post = async (bytes: Uint8Array<ArrayBuffer>, gzipped: boolean) => {
      const { answer, channel } = await this.#post(slot, bytes, gzipped, acks);
      const outcome = sortAnswer(answer, 1, acks);
      return { kind: "decided", outcome, answer, endpoint, channel } as const;
    };
    // Any event may be why, where none is named: the first one is compared with itself.
    if (body.count > 1 && compressed.outcome.kind !== "refused") {
      const alone = await post(body.firstGzipped(), true);
      if (isAccepted(alone)) {
        endpoint.gzipTrust.opened();
        slot.release("ok");
        return { kind: "first_taken", taken: alone, loss: undefined };
      }
      if (!mayBeUnopened(alone, true)) return undefined;
    }
    const plain = await post(body.firstPlain(), false);
    const { answer, outcome } = plain;
    if (isRefusedAlike(compressed.answer, plain)) return undefined;
    const undecided = {
      kind: "undecided",
      cause: hecCause(endpoint.name, answer),
      endpointWaitMs: 0,
    } as const;
    if (isUndecided(outcome)) {
      const busyForMs = busyMs(outcome);
      const endpointWaitMs = slot.release(
        busyForMs === undefined ? "failed" : { busyForMs, ejects: false },
      );
      const message = describeAnswer(answer);
      return { ...undecided, outcome, message, hint: USUAL_HINT, endpointWaitMs };
    }
    const holds = this.#options.pool.healthy <= 1;
    const isTaken = isAccepted(plain);
    const loss = gzipLoss(endpoint.name, describeAnswer(compressed.answer), isTaken, holds);
    slot.release("eject"); // where there are others, they take the events
    if (isTaken) return { kind: "first_taken", taken: plain, loss };
    return { ...undecided, outcome: HOLD, ...loss, holdHint: loss.hint };
  }

  async #backOff(
    { outcome, hint, cause, endpointWaitMs, held = false }: UndecidedPost,
    endpoint: Endpoint,
    own: Backoff,
    failures: number,
    what: string,
  ): Promise<void> {
    const { pool, clock } = this.#options;
    const rounds = failures / Math.max(1, pool.healthy);
    // The endpoint's own backoff is waited for with the slot: other endpoints may have one at once.
    const isEndpoints = busyMs(outcome) !== undefined
      ? rounds <= endpoint.intake.failures || rounds < 1
      : endpointWaitMs > 0;
    if (isEndpoints) {
      const retryInMs = Math.min(pool.waitMs, endpointWaitMs);
      return this.#route.trouble(what, hint, retryInMs, held && retryInMs > 0, cause);
    }
    const afterMs = outcome.kind === "retry" ? outcome.afterMs : undefined;
    // Another endpoint may take it at once; after a round through all of them, wait.
    const next = pool.healthy > 1 && failures % pool.healthy !== 0 && afterMs === undefined;
    const retryInMs = next ? 0 : own.failed(afterMs);
    this.#route.trouble(what, hint, retryInMs, false, cause);
    await clock.sleep(retryInMs, this.#signal);
  }
}

/** How often an outcome is tried again before the source is held; undefined for ever. */
function retriesBeforeHold(outcome: Undecided, endpoints: number): number | undefined {
  if (outcome.kind === "retry") return outcome.retriesBeforeHold;
  return outcome.elsewhere ? endpoints - 1 : 0;
}

/** The least time for which an endpoint is busy, when that is what the answer says. */
function busyMs(outcome: Undecided): number | undefined {
  if (outcome.kind !== "retry" || outcome === NO_ANSWER) return undefined;
  return outcome.retriesBeforeHold === undefined ? outcome.afterMs ?? 0 : undefined;
}

function slowsDown(outcome: Outcome): boolean {
  return (outcome.kind === "retry" || outcome.kind === "accepted") && outcome.slowDown;
}

function isUndecided(outcome: Outcome): outcome is Undecided {
  return outcome.kind === "retry" || outcome.kind === "hold";
}

function isAccepted(decided: { readonly outcome: Outcome }): decided is FirstTaken["taken"] {
  return decided.outcome.kind === "accepted";
}

const HOLD: Undecided = { kind: "hold", elsewhere: true };

const NO_ANSWER: Undecided = {
  kind: "retry",
  from: 0,
  afterMs: undefined,
  slowDown: false,
  freshConnection: true,
};
