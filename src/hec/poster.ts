import { Backoff } from "../base/backoff.ts";
import { describeError, hintOf } from "../base/errors.ts";
import { proxyFailureIn } from "../base/proxy_failure.ts";
import type { DeliveryParts } from "./delivery_context.ts";
import type { ChannelAnswer, Endpoint } from "./endpoint.ts";
import type { EndpointSlot } from "./endpoint_slot.ts";
import { GzipTrial } from "./gzip_trial.ts";
import { mayBeUnopened, showsOpened, type SortedAnswer } from "./gzip_trust.ts";
import { describeAnswer, hecCause } from "./hec_answer.ts";
import { busyForMs, type Outcome, sortAnswer } from "./outcome.ts";
import {
  type Decided,
  type FirstAccepted,
  isUndecided,
  type PostResult,
  type Undecided,
  type UndecidedPost,
} from "./post_result.ts";
import type { RequestBody } from "./request_body.ts";
import { CUT_OFF_HINT, type InParts, SizeTrial } from "./too_large.ts";
import type { SourceDelivery, SourceTurn } from "./source_delivery.ts";
import { RequestCutOff } from "./transport/hec_transport.ts";

/** Between tries of a body that fails alone, while its endpoint accepts others. */
const RETRY = { baseMs: 500, capMs: 30_000 };
/** 9 busy, 18 queues full, 20 queues full and no acknowledgement, 23 shutting down. */
const EJECTING = new Set([9, 18, 20, 23]);

const USUAL_HINT = "It is retried; nothing is lost";
/** When it is unknown whether the events were accepted. */
const MAY_REPEAT_HINT =
  "It is retried, so nothing is lost; events that were accepted without an answer are duplicated";

/** One body that is posted until HEC decides about it. */
interface Post {
  readonly body: RequestBody;
  /** Whether the events wait for acknowledgement. */
  readonly acks: boolean;
  readonly size: SizeTrial;
  /** For a body that fails alone. */
  readonly backoff: Backoff;
  failures: number;
  /** How many requests each endpoint had decided about when this body last failed there. */
  readonly decidedBefore: Map<Endpoint, number>;
  /** Consecutive refusals that may pass by themselves. */
  refusals: number;
}

/**
 * Posts a body until HEC decides about it. Transient failures are retried forever; a refusal that needs the operator
 * holds the source and is retried slowly.
 *
 * The wait between tries belongs to what fails: to the endpoint that is busy or does not answer, to the source that is
 * refused. Only a body that fails while its endpoint accepts others has its own backoff.
 */
export class Poster {
  readonly #parts: DeliveryParts;
  readonly #source: SourceDelivery;
  readonly #turn: SourceTurn;
  readonly #signal: AbortSignal;
  /** Requests sent, without those of a `GzipTrial`. */
  posts = 0;

  constructor(
    source: SourceDelivery,
    turn: SourceTurn,
    signal: AbortSignal,
    parts: DeliveryParts,
  ) {
    this.#source = source;
    this.#turn = turn;
    this.#signal = signal;
    this.#parts = parts;
  }

  /**
   * @param acks Whether the events wait for acknowledgement.
   * @throws the reason of the signal when it aborts.
   */
  async post(body: RequestBody, acks: boolean): Promise<PostResult> {
    const { env, pool } = this.#parts;
    const size = new SizeTrial(body, this.#source, env.clock);
    const backoff = new Backoff(RETRY, env);
    const decidedBefore = new Map();
    const post: Post = { body, acks, size, backoff, decidedBefore, failures: 0, refusals: 0 };
    let avoid: Endpoint | undefined;
    for (;;) {
      const slot = await this.#acquire(post, avoid);
      const { endpoint } = slot;
      const result = await this.#send(slot, post);
      if (result.kind === "decided" || result.kind === "first_accepted") {
        this.#source.breaker.succeeded();
      }
      if (result.kind !== "undecided") return result;
      post.failures++;
      const { outcome } = result;
      const message = `Cannot deliver ${
        body.count === 1 ? "1 event" : `${body.count} events`
      } to ${endpoint.name}: ${result.message}`;
      const retries = retriesBeforeHold(outcome, pool.healthy);
      post.refusals = retries === undefined ? 0 : post.refusals + 1;
      if (retries === undefined) await this.#backOff(post, result, message);
      else if (post.refusals <= retries && !this.#turn.probesHold) {
        await this.#turn.retry(message, result, this.#nextTryMs(post, outcome));
      } else if (await this.#turn.hold(message, result.holdHint, result.cause) && body.count > 1) {
        return { kind: "first_alone" };
      }
      if (outcome.kind === "retry" && outcome.from > 0) {
        return { kind: "part", accepted: outcome.from };
      }
      avoid = endpoint;
    }
  }

  async #acquire({ failures }: Post, avoid: Endpoint | undefined): Promise<EndpointSlot> {
    const { source } = this.#source;
    for (;;) {
      await this.#turn.wait();
      const slot = await this.#parts.pool.acquire(this.#signal, avoid, { source, failures });
      if (this.#turn.mayGo) return slot;
      slot.release("unknown"); // the source was refused meanwhile, and another batch probes
    }
  }

  async #send(
    slot: EndpointSlot,
    post: Post,
  ): Promise<Decided | FirstAccepted | InParts | UndecidedPost> {
    const { body, acks, size } = post;
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
      sent = await this.#postTo(slot, body.bytes, body.gzipped, acks);
      sorted = { answer: sent.answer, outcome: sortAnswer(sent.answer, body.count, acks) };
      size.answered(sorted.outcome, endpoint);
      const wasRefused = post.refusals > 0 || this.#turn.probesHold;
      if (body.gzipped && mayBeUnopened(sorted, wasRefused) && endpoint.gzipTrust.refused()) {
        const trial = new GzipTrial(slot, body, this.#parts.pool, async (bytes, gzipped) => {
          const { answer, channel } = await this.#postTo(slot, bytes, gzipped, acks);
          const outcome = sortAnswer(answer, 1, acks);
          return { kind: "decided", outcome, answer, endpoint, channel };
        });
        const found = await trial.run(sorted);
        if (found) return found;
      }
    } catch (error) {
      return this.#unanswered(slot, post, error);
    }
    return this.#answered(slot, post, sent, sorted.outcome);
  }

  #answered(
    slot: EndpointSlot,
    post: Post,
    { answer, channel, latencyMs }: ChannelAnswer,
    outcome: Outcome,
  ): Decided | UndecidedPost {
    const { endpoint } = slot;
    if (post.body.gzipped && showsOpened(outcome)) endpoint.gzipTrust.opened();
    const nowMs = this.#parts.env.clock.monotonicMs();
    const isOfBody = isUndecided(outcome) && this.#failsAlone(slot, post);
    if (slowsDown(outcome) && !isOfBody) endpoint.limit.overloaded(nowMs);
    else if (outcome.kind === "accepted") endpoint.limit.succeeded(latencyMs, nowMs);
    if (!isUndecided(outcome)) {
      slot.release("ok");
      return { kind: "decided", outcome, answer, endpoint, channel };
    }
    // Retries use new connections: a load balancer may lead them to another indexer.
    if (outcome.kind === "hold" || outcome.freshConnection) endpoint.retireConnection(channel);
    const ejects = EJECTING.has(answer.code ?? -1);
    const busyMs = busyForMs(outcome);
    const endpointWaitMs = slot.release(
      busyMs !== undefined ? { busyForMs: busyMs, ejects, isOfBody } : ejects ? "eject" : "failed",
    );
    // When a gateway gives up, nothing is known of what the collector behind it has done.
    const isFromGateway = answer.code === undefined &&
      (answer.status >= 500 || answer.status === 408);
    return {
      kind: "undecided",
      outcome,
      message: describeAnswer(answer),
      hint: isFromGateway ? MAY_REPEAT_HINT : USUAL_HINT,
      cause: hecCause(endpoint.name, answer),
      endpointWaitMs,
    };
  }

  /**
   * Whether the body has failed there before, and the endpoint has decided about others since: then the body is the
   * reason, and its failure says nothing about the endpoint.
   */
  #failsAlone({ endpoint, decided }: EndpointSlot, { decidedBefore }: Post): boolean {
    const before = decidedBefore.get(endpoint) ?? decided;
    decidedBefore.set(endpoint, decided);
    return decided > before;
  }

  #unanswered(slot: EndpointSlot, post: Post, error: unknown): InParts | UndecidedPost {
    const { endpoint } = slot;
    const proxy = proxyFailureIn(error);
    const isNoNews = this.#signal.aborted || this.#failsAlone(slot, post) && !proxy;
    const endpointWaitMs = slot.release(isNoNews ? "unknown" : { noAnswer: error });
    this.#signal.throwIfAborted();
    const inParts = post.size.unanswered(error, endpoint);
    if (inParts) return inParts;
    return {
      kind: "undecided",
      outcome: NO_ANSWER,
      message: describeError(error),
      hint: hintOf(error, error instanceof RequestCutOff ? CUT_OFF_HINT : MAY_REPEAT_HINT),
      cause: proxy?.troubleCause ?? hecCause(endpoint.name),
      endpointWaitMs,
      held: proxy?.kind === "refused" && endpointWaitMs > 0,
    };
  }

  async #postTo(
    { endpoint, abandoned, answersElsewhere }: EndpointSlot,
    bytes: Uint8Array<ArrayBuffer>,
    gzipped: boolean,
    acks: boolean,
  ): Promise<ChannelAnswer> {
    const ended = abandoned ? AbortSignal.any([this.#signal, abandoned]) : this.#signal;
    return await endpoint.postEvents(bytes, { gzipped, acks, answersElsewhere }, ended);
  }

  /** Reports a transient failure, and waits if only this body fails. */
  async #backOff(
    post: Post,
    result: UndecidedPost,
    message: string,
  ): Promise<void> {
    const { pool, env } = this.#parts;
    const { outcome, hint, cause, endpointWaitMs } = result;
    if (endpointWaitMs > 0) {
      // The endpoint's own backoff is waited for with the slot: another endpoint may be free at once.
      const retryInMs = Math.min(pool.waitMs, endpointWaitMs);
      const held = result.held && retryInMs > 0;
      return this.#source.failed(message, { hint, retryInMs, cause, ...(held && { held }) });
    }
    const minMs = this.#nextTryMs(post, outcome);
    const retryInMs = minMs === undefined ? 0 : post.backoff.failed(minMs);
    this.#source.failed(message, { hint, retryInMs, cause });
    await env.clock.sleep(retryInMs, this.#signal);
  }

  /**
   * @returns the minimum wait before the next try, in milliseconds; undefined to try at once: another endpoint may accept
   * the events, until all of them have refused.
   */
  #nextTryMs({ failures }: Post, outcome: Undecided): number | undefined {
    const { healthy } = this.#parts.pool;
    const afterMs = outcome.kind === "retry" ? outcome.afterMs : undefined;
    const goesOn = healthy > 1 && failures % healthy !== 0 && afterMs === undefined;
    return goesOn ? undefined : afterMs ?? 0;
  }
}

/** Number of tries before the source is held; undefined: never. */
function retriesBeforeHold(outcome: Undecided, endpoints: number): number | undefined {
  if (outcome.kind === "retry") return outcome.retriesBeforeHold;
  return outcome.elsewhere ? endpoints - 1 : 0;
}

function slowsDown(outcome: Outcome): boolean {
  return (outcome.kind === "retry" || outcome.kind === "accepted") && outcome.slowDown;
}

const NO_ANSWER: Undecided = {
  kind: "retry",
  from: 0,
  afterMs: undefined,
  slowDown: false,
  freshConnection: true,
};
