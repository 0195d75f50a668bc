import type { Clock } from "../../base/clock.ts";
import { describeError } from "../../base/errors.ts";
import type { Telemetry } from "../../base/telemetry.ts";
import { TaskGroup } from "../../base/task_group.ts";
import { proxyFailureIn } from "../../base/proxy_failure.ts";
import { InterruptibleSleep } from "../../base/interruptible_sleep.ts";
import type { AckResult } from "./ack_ids.ts";
import type { Channel } from "./channel.ts";
import { AckRoute } from "./ack_route.ts";
import type { Endpoint } from "../endpoint.ts";
import type { EndpointSlot } from "../endpoint_pool.ts";
import type { SlotResult } from "../../base/server_way.ts";
import { describeAnswer, type HecAnswer } from "../hec_answer.ts";
import { POLL_INTERVAL_MS, PollSchedule } from "./poll_schedule.ts";
import type { Route } from "../route.ts";

/** When the server says that its acknowledgements fill. */
const HURRIED_INTERVAL_MS = 250;
/** New connections are made at most once in this time. */
const NEW_CONNECTIONS_MS = 5000;
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
  /** Waits for a place among the requests in flight at the endpoint. */
  readonly acquire: (signal: AbortSignal) => Promise<EndpointSlot>;
}

/** Whose events wait for an acknowledgement. */
export interface AckWaiter {
  readonly route: Route;
  /** Aborts when the events are no longer ours to deliver. */
  readonly signal: AbortSignal;
}

/** 10 no channel, 11 not a known one. */
const WRONG_CHANNEL = new Set([10, 11]);

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
  readonly #wake: InterruptibleSleep;
  /** Of channels with ids that are waited for; some are in use for new events no more. */
  readonly #schedule: PollSchedule;
  #polling = 0;
  #newConnectionsMs = -Infinity;
  readonly #route: AckRoute;
  #hurried = false;
  /** Acknowledgement timeouts in a row without one acknowledgement. */
  #rounds = 0;
  #roundMs = -Infinity;

  constructor(endpoint: Endpoint, options: AckPollerOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#wake = new InterruptibleSleep(options.clock);
    this.#schedule = new PollSchedule(options.random);
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
    this.#schedule.add(channel, clock.monotonicMs());
    this.#wake.wake();
    const result = await waiting;
    waiter?.signal.removeEventListener("abort", forget);
    leave?.();
    if (result === "acked") {
      this.#rounds = 0;
      this.#judge();
      this.#endpoint.acknowledged(channel);
    }
    return result;
  }

  /** Polls sooner the next time: the server says that its acknowledgements fill. */
  hurry(): void {
    this.#hurried = true;
  }

  /** Polls while anything is pending, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await using polls = new TaskGroup(signal);
    const schedule = this.#schedule;
    for (;;) {
      if (schedule.isEmpty) await this.#wake.sleep(LONG_MS, polls.signal);
      const hurried = this.#hurried;
      this.#hurried = false;
      const intervalMs = hurried || schedule.hasOwn ? HURRIED_INTERVAL_MS : POLL_INTERVAL_MS;
      await this.#options.clock.sleep(Math.max(intervalMs, this.#route.waitMs), polls.signal);
      for (const channel of schedule.channels) this.#expire(channel);
      if (this.#route.waitMs > 0) continue; // a poll has failed meanwhile
      schedule.queueDue(this.#options.clock.monotonicMs(), hurried);
      if (schedule.needsConnections) this.#renewConnections();
      const half = Math.max(1, Math.floor(this.#endpoint.limit.limit / 2));
      const most = this.#route.isInTrouble ? 1 : half;
      while (this.#polling < most && schedule.dueCount > 0) {
        polls.spawn("polls", (signal) => this.#pollDue(signal));
      }
    }
  }

  #renewConnections(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#newConnectionsMs < NEW_CONNECTIONS_MS) return;
    this.#newConnectionsMs = nowMs;
    this.#endpoint.retireConnection();
  }

  async #pollDue(signal: AbortSignal): Promise<void> {
    this.#polling++;
    try {
      for (let next = this.#schedule.next(); next; next = this.#schedule.next()) {
        await this.#pollAll(next, signal);
        signal.throwIfAborted();
        if (this.#route.isInTrouble) this.#schedule.dropDue(); // the others would fare no better
      }
    } finally {
      this.#polling--;
    }
  }

  async #pollAll(channel: Channel, signal: AbortSignal): Promise<void> {
    const { ackIds } = channel;
    let answered = true;
    let answeredOnce = false;
    for (let burst = this.#schedule.burstOf(channel); burst > 0 && answered; burst--) {
      const ids = ackIds.pending;
      for (let at = 0; at < ids.length && answered; at += IDS_PER_POLL) {
        // When one is not answered the others would fare no better.
        answered = await this.#poll(channel, ids.slice(at, at + IDS_PER_POLL), signal);
      }
      answeredOnce ||= answered;
    }
    const nowMs = this.#options.clock.monotonicMs();
    channel.polled(answeredOnce, nowMs);
    this.#expire(channel);
    this.#judge();
    this.#schedule.asked(channel, nowMs);
  }

  /** Gives up the ids whose time is over. */
  #expire(channel: Channel): void {
    const { ackTimeoutMs, clock, elsewhere } = this.#options;
    const { ackIds } = channel;
    const nowMs = clock.monotonicMs();
    const late = ackIds.expire(channel.polledMs) +
      (elsewhere() ? ackIds.expireSince(nowMs - ackTimeoutMs) : 0);
    if (ackIds.pendingCount === 0) this.#schedule.remove(channel);
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
    const slot = await this.#options.acquire(signal);
    let result: SlotResult = "unknown";
    const ended = slot.abandoned ? AbortSignal.any([signal, slot.abandoned]) : signal;
    try {
      const { answer, body } = await this.#endpoint.pollAcks(channel, ids, ended);
      result = "answered";
      const acks = acksIn(answer, body, channel);
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
      // Polls have a backoff of their own: who cuts them alone does not keep events from being sent.
      if (signal.aborted) return false;
      if (proxyFailureIn(error)) result = { noAnswer: error };
      this.#route.failed(describeError(error), false);
    } finally {
      slot.release(result);
    }
    channel.doubt();
    return false;
  }
}

/** The ids that are indexed, by an answer to a poll; undefined when it says nothing of ids. */
function acksIn(
  { status, code }: HecAnswer,
  body: Uint8Array,
  { isOwn }: Channel,
): number[] | undefined {
  if (status === 200) return readAcks(body);
  // An indexer that the request never reached need not know its channel.
  return isOwn && status === 400 && WRONG_CHANNEL.has(code ?? -1) ? [] : undefined;
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
    .filter(([id, indexed]) => indexed === true && /^(0|[1-9]\d{0,15})$/.test(id))
    .map(([id]) => Number(id))
    .filter(Number.isSafeInteger); // two larger ones may read as the same number
}
