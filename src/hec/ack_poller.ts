import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/hinted_error.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { Wake } from "../base/wake.ts";
import type { AckResult } from "./ack_ids.ts";
import type { Channel } from "./channel.ts";
import { AckRoute } from "./ack_route.ts";
import type { Endpoint } from "./endpoint.ts";
import { describeAnswer, type HecAnswer } from "./hec_answer.ts";
import type { Route } from "./route.ts";

/** An idle server acknowledges after about a second. */
const POLL_INTERVAL_MS = 1000;
/** When the server says that its acknowledgements fill. */
const HURRIED_INTERVAL_MS = 250;
/** Ids in one poll: the loss of its answer burns every `true` in it. */
const IDS_PER_POLL = 300;
/** Without anything pending only a new id ends the sleep. */
const LONG_MS = 2 ** 30;

export interface AckPollerOptions {
  readonly ackTimeoutMs: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly telemetry: Telemetry;
  /** Whether other endpoints can take the events of this one. */
  readonly elsewhere: () => boolean;
}

/** Whose events wait for an acknowledgement. */
export interface AckWaiter {
  readonly route: Route;
  /** Aborts when the events are no longer ours to deliver. */
  readonly signal: AbortSignal;
}

/** Acknowledgement timeouts in a row, without one acknowledgement, after which sources are held. */
export const FRUITLESS_ROUNDS = 3;

/**
 * Waits for the acknowledgements of one endpoint and polls for them, several ids at a time.
 *
 * Only a `true` for an id that is waited for counts. Whatever else a poll brings, an error, `false`,
 * nothing, an unknown id, leaves the id waiting until its time is over; then its events are sent again.
 * The time runs while polls are answered: who does not say what is indexed does not say either that
 * anything is lost. Where another endpoint can take the events, it always runs.
 */
export class AckPoller {
  readonly #options: AckPollerOptions;
  readonly #endpoint: Endpoint;
  readonly #wake: Wake;
  /** Those with ids that are waited for; some are in use for new events no more. */
  readonly #channels = new Set<Channel>();
  readonly #route: AckRoute;
  #hurried = false;
  /** Acknowledgement timeouts in a row without one acknowledgement. */
  #rounds = 0;
  #roundMs = -Infinity;

  constructor(endpoint: Endpoint, options: AckPollerOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#wake = new Wake(options.clock);
    this.#route = new AckRoute({ ...options, name: endpoint.name, intervalMs: POLL_INTERVAL_MS });
  }

  /** Whether nothing was acknowledged for so long that sources are to wait for whoever mends that. */
  get holds(): boolean {
    return this.#rounds >= FRUITLESS_ROUNDS && !this.#options.elsewhere();
  }

  /**
   * Waits for one id of one channel. Never rejects.
   * @returns `broken` at once when nobody will answer for it, and when the waiter's signal aborts.
   */
  async wait(channel: Channel, ackId: number, waiter?: AckWaiter): Promise<AckResult> {
    const { ackTimeoutMs, clock } = this.#options;
    const waiting = channel.expectAck(ackId, ackTimeoutMs, clock.monotonicMs());
    if (!waiting) return "broken";
    const leave = waiter && this.#route.enter(waiter.route);
    const forget = () => channel.ackIds.forget(ackId);
    waiter?.signal.addEventListener("abort", forget, { once: true });
    if (waiter?.signal.aborted) forget();
    this.#channels.add(channel);
    this.#wake.wake();
    const result = await waiting;
    waiter?.signal.removeEventListener("abort", forget);
    leave?.();
    if (result === "acked") {
      this.#rounds = 0;
      this.#judge();
    }
    return result;
  }

  /** Polls sooner the next time: the server says that its acknowledgements fill. */
  hurry(): void {
    this.#hurried = true;
  }

  /** Polls while anything is pending, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      if (this.#channels.size === 0) await this.#wake.sleep(LONG_MS, signal);
      const intervalMs = this.#hurried ? HURRIED_INTERVAL_MS : POLL_INTERVAL_MS;
      this.#hurried = false;
      await this.#options.clock.sleep(Math.max(intervalMs, this.#route.waitMs), signal);
      await Promise.all([...this.#channels].map((channel) => this.#pollAll(channel, signal)));
      signal.throwIfAborted();
    }
  }

  async #pollAll(channel: Channel, signal: AbortSignal): Promise<void> {
    const { ackIds } = channel;
    const ids = ackIds.pending;
    let answered = true;
    for (let at = 0; at < ids.length && answered; at += IDS_PER_POLL) {
      // When one is not answered the others would fare no better.
      answered = await this.#poll(channel, ids.slice(at, at + IDS_PER_POLL), signal);
    }
    this.#expire(channel, answered);
    this.#judge();
    if (ackIds.pendingCount === 0) this.#channels.delete(channel);
  }

  #expire(channel: Channel, answered: boolean): void {
    const { ackTimeoutMs, clock, elsewhere } = this.#options;
    const { ackIds } = channel;
    const nowMs = clock.monotonicMs();
    channel.polled(answered, nowMs);
    const late = ackIds.expire(channel.polledMs) +
      (elsewhere() ? ackIds.expireSince(nowMs - ackTimeoutMs) : 0);
    if (late === 0) return;
    this.#endpoint.retireChannel(channel);
    if (nowMs - this.#roundMs < ackTimeoutMs) return;
    this.#roundMs = nowMs;
    this.#rounds++;
  }

  /** Lets new events go to other endpoints while this one does not say what becomes of them. */
  #judge(): void {
    this.#endpoint.acknowledges = !this.#route.fails && this.#rounds < FRUITLESS_ROUNDS;
  }

  /** @returns whether the endpoint answered for the ids. */
  async #poll(channel: Channel, ids: readonly number[], signal: AbortSignal): Promise<boolean> {
    try {
      const { answer, body } = await this.#endpoint.pollAcks(channel, ids, signal);
      const acks = answer.status === 200 ? readAcks(body) : undefined;
      if (acks) {
        const asked = new Set(ids);
        for (const ackId of acks) if (asked.has(ackId)) channel.ackIds.acknowledge(ackId);
        this.#route.answered();
        return true;
      }
      const refused = !passes(answer);
      // As for events: a balancer may lead new connections to another indexer.
      if (refused) this.#endpoint.retireConnection();
      this.#route.failed(describeAnswer(answer), refused, answer);
    } catch (error) {
      if (!signal.aborted) this.#route.failed(describeError(error), false);
    }
    return false;
  }
}

/** Whether an answer that says nothing of ids is one that passes by itself. */
function passes({ status }: HecAnswer): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** The ids that are `true` in `{"acks":{"0":true,"1":false}}`; undefined when it is not that. */
export function readAcks(body: Uint8Array): number[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
  const acks = (json as { acks?: unknown } | null)?.acks;
  if (typeof acks !== "object" || acks === null || Array.isArray(acks)) return undefined;
  return Object.entries(acks)
    .filter(([id, indexed]) => indexed === true && /^(0|[1-9]\d{0,14})$/.test(id))
    .map(([id]) => Number(id));
}
