import type { Env } from "../../base/env.ts";
import { describeError } from "../../base/errors.ts";
import { InterruptibleSleep } from "../../base/interruptible_sleep.ts";
import { onAbort } from "../../base/on_abort.ts";
import { proxyFailureIn } from "../../base/proxy_failure.ts";
import type { SlotResult } from "../../base/server_way.ts";
import { TaskGroup } from "../../base/task_group.ts";
import type { Endpoint } from "../endpoint.ts";
import type { EndpointSlot } from "../endpoint_slot.ts";
import { describeAnswer, type HecAnswer } from "../hec_answer.ts";
import type { SourceDelivery } from "../source_delivery.ts";
import type { AckResult } from "./ack_ids.ts";
import type { Channel } from "./channel.ts";
import { PollHealth } from "./poll_health.ts";
import { POLL_INTERVAL_MS, PollSchedule } from "./poll_schedule.ts";

/** Between polls when the server says that its queue of acknowledgements fills. */
const HURRIED_INTERVAL_MS = 250;
/** Minimum time between new connections. */
const NEW_CONNECTIONS_MS = 5000;
/** Ids in one poll: when its answer is lost, every `true` in it is lost. */
const IDS_PER_POLL = 300;
/** While nothing is pending, only a new id ends the sleep. */
const LONG_MS = 2 ** 30;
/** 10 no channel, 11 unknown channel. */
const WRONG_CHANNEL = new Set([10, 11]);

/** Consecutive acknowledgement timeouts, without any acknowledgement, after which sources are held. */
export const FRUITLESS_ROUNDS = 3;

interface AckPollerOptions {
  readonly ackTimeoutMs: number;
  /** Whether other endpoints can take the events of this one. */
  readonly elsewhere: () => boolean;
  /** Waits for a slot of the endpoint. */
  readonly acquire: (signal: AbortSignal) => Promise<EndpointSlot>;
}

/** Whose events wait for an acknowledgement. */
interface AckWaiter {
  readonly source: SourceDelivery;
  /** Aborts when another consumer owns the events. */
  readonly signal: AbortSignal;
}

/**
 * Waits for the acknowledgements of one endpoint and polls for them, several ids at a time.
 *
 * Only a `true` for a pending id counts. Anything else in the answer to a poll (an error, `false`, nothing, an unknown
 * id) leaves the id pending until it times out; then its events are resent. The timeout runs while polls are answered: an
 * endpoint that does not report what is indexed does not report a loss either. Where another endpoint can take the
 * events, it always runs.
 */
export class AckPoller {
  readonly #env: Env;
  readonly #endpoint: Endpoint;
  readonly #options: AckPollerOptions;
  readonly #sleep: InterruptibleSleep;
  /** Channels with pending ids; some are no longer used for new events. */
  readonly #schedule: PollSchedule;
  readonly #health: PollHealth;
  /** Polls in flight. */
  #polling = 0;
  #newConnectionsMs = -Infinity;
  #hurried = false;
  /** Consecutive acknowledgement timeouts without one acknowledgement. */
  #rounds = 0;
  #roundMs = -Infinity;

  constructor(env: Env, endpoint: Endpoint, options: AckPollerOptions) {
    this.#env = env;
    this.#endpoint = endpoint;
    this.#options = options;
    this.#sleep = new InterruptibleSleep(env.clock);
    this.#schedule = new PollSchedule(env.random);
    this.#health = new PollHealth(env, endpoint.name, options.elsewhere);
  }

  /** Whether nothing was acknowledged for so long that sources must wait for their operator. */
  get holds(): boolean {
    return this.#rounds >= FRUITLESS_ROUNDS && !this.#options.elsewhere();
  }

  /**
   * Waits for one id of one channel. Never rejects.
   * @returns `broken` at once when the channel will not answer for it, and when the waiter's signal aborts.
   */
  async wait(channel: Channel, ackId: number, waiter?: AckWaiter): Promise<AckResult> {
    const { ackTimeoutMs } = this.#options;
    const nowMs = this.#env.clock.monotonicMs();
    const waiting = channel.expectAck(ackId, ackTimeoutMs, nowMs);
    if (!waiting) return "invalidated";
    using _entered = waiter && this.#health.enter(waiter.source);
    using _forgetting = onAbort(waiter?.signal, () => channel.ackIds.forget(ackId));
    this.#schedule.add(channel, nowMs);
    this.#sleep.wake();
    const result = await waiting;
    if (result === "acked") {
      this.#rounds = 0;
      this.#judge();
      this.#endpoint.acknowledged(channel);
    }
    return result;
  }

  /** Polls sooner next time: the server says that its queue of acknowledgements fills. */
  hurry(): void {
    this.#hurried = true;
  }

  /** Polls while ids are pending, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await using polls = new TaskGroup(signal);
    const schedule = this.#schedule;
    for (;;) {
      if (schedule.isEmpty) await this.#sleep.sleep(LONG_MS, polls.signal);
      const hurried = this.#hurried;
      this.#hurried = false;
      const intervalMs = hurried || schedule.hasOwn ? HURRIED_INTERVAL_MS : POLL_INTERVAL_MS;
      await this.#env.clock.sleep(Math.max(intervalMs, this.#health.waitMs), polls.signal);
      for (const channel of schedule.channels) this.#expire(channel);
      if (this.#health.waitMs > 0) continue; // a poll has failed meanwhile
      schedule.queueDue(this.#env.clock.monotonicMs(), hurried);
      if (schedule.needsConnections) this.#newGeneration();
      const half = Math.max(1, Math.floor(this.#endpoint.limit.limit / 2));
      const max = this.#health.isInTrouble ? 1 : half;
      while (this.#polling < max && schedule.dueCount > 0) {
        polls.spawn("polls", (signal) => this.#pollDue(signal));
      }
    }
  }

  #newGeneration(): void {
    const nowMs = this.#env.clock.monotonicMs();
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
        if (this.#health.isInTrouble) this.#schedule.dropDue(); // stop: the rest would fail too
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
        // After one without an answer, stop: the rest would fail too.
        answered = await this.#poll(channel, ids.slice(at, at + IDS_PER_POLL), signal);
      }
      answeredOnce ||= answered;
    }
    const nowMs = this.#env.clock.monotonicMs();
    channel.polled(answeredOnce, nowMs);
    this.#expire(channel);
    this.#judge();
    this.#schedule.polled(channel, nowMs);
  }

  /** Gives up the ids that have timed out. */
  #expire(channel: Channel): void {
    const { ackTimeoutMs, elsewhere } = this.#options;
    const { ackIds } = channel;
    const nowMs = this.#env.clock.monotonicMs();
    const late = ackIds.expire(channel.polledMs) +
      (elsewhere() ? ackIds.expireSince(nowMs - ackTimeoutMs) : 0);
    if (ackIds.pendingCount === 0) this.#schedule.remove(channel);
    if (late === 0) return;
    this.#endpoint.retireChannel(channel);
    if (nowMs - this.#roundMs < ackTimeoutMs) return;
    this.#roundMs = nowMs;
    this.#rounds++;
  }

  /** Sends new events to other endpoints while this one does not acknowledge. */
  #judge(): void {
    this.#endpoint.acknowledges = !this.#health.fails && this.#rounds < FRUITLESS_ROUNDS;
  }

  /**
   * @returns whether the answer is about the ids.
   */
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
        this.#health.answered();
        return true;
      }
      const refused = !passes(answer);
      // As for events: a load balancer may lead new connections to another indexer.
      if (refused) this.#endpoint.retireConnection();
      this.#health.failed(describeAnswer(answer), refused, answer);
    } catch (error) {
      // Polls have their own backoff: what cuts only polls does not stop events.
      if (signal.aborted) return false;
      if (proxyFailureIn(error)) result = { noAnswer: error };
      this.#health.failed(describeError(error), false);
    } finally {
      slot.release(result);
    }
    channel.markAmbiguous();
    return false;
  }
}

/** The indexed ids in an answer to a poll; undefined when it is not about ids. */
function acksIn(
  { status, code }: HecAnswer,
  body: Uint8Array,
  { isOwn }: Channel,
): number[] | undefined {
  if (status === 200) return readAcks(body);
  // An indexer that never got the request need not know its channel.
  return isOwn && status === 400 && WRONG_CHANNEL.has(code ?? -1) ? [] : undefined;
}

/** Whether an answer that is not about ids is transient. */
function passes({ status }: HecAnswer): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** The ids that are `true` in `{"acks":{"0":true,"1":false}}`; undefined for anything else. */
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
    .filter(Number.isSafeInteger); // larger ones may be read as the same number
}
