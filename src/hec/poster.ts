import { backoffMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/hinted_error.ts";
import type { Channel } from "./channel.ts";
import type { Endpoint } from "./endpoint.ts";
import type { EndpointPool, EndpointSlot } from "./endpoint_pool.ts";
import type { HecAnswer } from "./hec_answer.ts";
import type { Hold } from "./hold.ts";
import { type Outcome, sortAnswer } from "./outcome.ts";
import type { RequestBody } from "./request_body.ts";
import type { Route } from "./route.ts";

const RETRY = { baseMs: 500, capMs: 30_000 };
/** 9 busy, 18 queues full, 20 queues full and no acknowledgement, 23 shutting down. */
const EJECTING = new Set([9, 18, 20, 23]);

type Retry = Extract<Outcome, { kind: "retry" }>;

/** What a post came to, once neither waiting nor trying again can change it. */
export type PostResult =
  | {
    readonly kind: "decided";
    readonly outcome: Exclude<Outcome, { kind: "retry" | "hold" }>;
    readonly answer: HecAnswer;
    readonly endpoint: Endpoint;
    readonly channel: Channel;
    /** The channel's stickiness broke: an id in this answer cannot be asked for. */
    readonly broken: boolean;
  }
  /** The first events are taken; the rest is to be posted in a request of its own. */
  | { readonly kind: "part"; readonly taken: number };

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
  /** Requests sent. */
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
    let avoid: Endpoint | undefined;
    for (let failures = 0;;) {
      await this.#hold.pass();
      const slot = await this.#options.pool.acquire(this.#signal, avoid);
      const sent = await this.#send(slot, body, acks);
      if ("kind" in sent) return sent;
      const { outcome, message } = sent;
      const what = `Cannot deliver ${body.count} events to ${slot.endpoint.name}: ${message}`;
      if (outcome.kind === "hold") await this.#hold.wait(what);
      else {
        failures++;
        avoid = slot.endpoint;
        if (failures < (outcome.triesBeforeHold ?? Infinity)) {
          await this.#backOff(outcome, failures, what);
        } else await this.#hold.wait(what);
      }
    }
  }

  async #send(
    slot: EndpointSlot,
    body: RequestBody,
    acks: boolean,
  ): Promise<
    PostResult | { outcome: Extract<Outcome, { kind: "retry" | "hold" }>; message: string }
  > {
    const { clock } = this.#options;
    const { endpoint } = slot;
    const startMs = clock.monotonicMs();
    let sent: Awaited<ReturnType<Endpoint["postEvents"]>>;
    this.posts++;
    try {
      sent = await endpoint.postEvents(body.bytes, body.gzipped, this.#signal);
    } catch (error) {
      slot.release(this.#signal.aborted ? "ok" : "failed");
      this.#signal.throwIfAborted();
      return { outcome: NO_ANSWER, message: describeError(error) };
    }
    const { answer, channel, broken } = sent;
    const outcome = sortAnswer(answer, body.count, acks);
    const nowMs = clock.monotonicMs();
    if (slowsDown(outcome)) endpoint.limit.overloaded(nowMs);
    else if (outcome.kind === "accepted") endpoint.limit.succeeded(nowMs - startMs, nowMs);
    if (outcome.kind === "retry" && outcome.freshConnection) endpoint.retireConnection();
    if (outcome.kind === "hold" && outcome.newChannel) endpoint.newChannel();
    slot.release(
      outcome.kind !== "retry" ? "ok" : EJECTING.has(answer.code ?? -1) ? "eject" : "failed",
    );
    if (outcome.kind === "hold" || outcome.kind === "retry" && outcome.from === 0) {
      return { outcome, message: describeAnswer(answer) };
    }
    if (outcome.kind === "retry") return { kind: "part", taken: outcome.from };
    return { kind: "decided", outcome, answer, endpoint, channel, broken };
  }

  async #backOff(outcome: Retry, failures: number, what: string): Promise<void> {
    const { pool, clock, random } = this.#options;
    // Another endpoint may take it at once; after a round through all of them, wait.
    const next = pool.healthy > 1 && failures % pool.healthy !== 0;
    const retryInMs = next && outcome.afterMs === undefined
      ? 0
      : backoffMs(RETRY, failures, random, outcome.afterMs);
    this.#route.trouble(what, "It is tried again; nothing is lost meanwhile", retryInMs);
    await clock.sleep(retryInMs, this.#signal);
  }
}

/** An answer as a message says it; HEC's text and code are no secret. */
export function describeAnswer({ status, code, text }: HecAnswer): string {
  return code === undefined
    ? `found HTTP ${status} with ${text || "no text"}, expected HEC's answer`
    : `HEC answered ${status}, code ${code} "${text}"`;
}

function slowsDown(outcome: Outcome): boolean {
  return (outcome.kind === "retry" || outcome.kind === "accepted") && outcome.slowDown;
}

const NO_ANSWER: Retry = {
  kind: "retry",
  from: 0,
  afterMs: undefined,
  slowDown: false,
  freshConnection: false,
};
