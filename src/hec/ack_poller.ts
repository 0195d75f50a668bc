import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/hinted_error.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { Wake } from "../base/wake.ts";
import type { AckResult } from "./ack_ids.ts";
import type { Channel } from "./channel.ts";
import type { Endpoint } from "./endpoint.ts";
import { describeAnswer } from "./hec_answer.ts";

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
  readonly telemetry: Telemetry;
}

/**
 * Waits for the acknowledgements of one endpoint and polls for them, several ids at a time.
 *
 * Only a `true` for an id that is waited for counts. Whatever else a poll brings, an error, `false`,
 * nothing, an unknown id, leaves the id waiting until its time is over; then its events are sent again.
 */
export class AckPoller {
  readonly #options: AckPollerOptions;
  readonly #endpoint: Endpoint;
  readonly #wake: Wake;
  /** Those with ids that are waited for; some are in use for new events no more. */
  readonly #channels = new Set<Channel>();
  #hurried = false;
  #inTrouble = false;

  constructor(endpoint: Endpoint, options: AckPollerOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#wake = new Wake(options.clock);
  }

  /** Waits for one id of one channel; `broken` at once when nobody will answer for it. */
  async wait(channel: Channel, ackId: number): Promise<AckResult> {
    const { ackTimeoutMs, clock } = this.#options;
    const waiting = channel.ackIds.expect(ackId, clock.monotonicMs() + ackTimeoutMs);
    if (!waiting) return "broken";
    this.#channels.add(channel);
    this.#wake.wake();
    return await waiting;
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
      await this.#options.clock.sleep(intervalMs, signal);
      await Promise.all([...this.#channels].map((channel) => this.#pollAll(channel, signal)));
      signal.throwIfAborted();
    }
  }

  async #pollAll(channel: Channel, signal: AbortSignal): Promise<void> {
    const { ackIds } = channel;
    const ids = ackIds.pending;
    for (let at = 0; at < ids.length; at += IDS_PER_POLL) {
      const answered = await this.#poll(channel, ids.slice(at, at + IDS_PER_POLL), signal);
      if (!answered) break; // the others would fare no better
    }
    if (ackIds.expire(this.#options.clock.monotonicMs()) > 0) this.#endpoint.retireChannel(channel);
    if (ackIds.pendingCount === 0) this.#channels.delete(channel);
  }

  /** @returns whether the endpoint answered for the ids. */
  async #poll(channel: Channel, ids: readonly number[], signal: AbortSignal): Promise<boolean> {
    let acks: number[] | undefined;
    let problem: string | undefined;
    try {
      const { answer, body } = await this.#endpoint.pollAcks(channel, ids, signal);
      acks = answer.status === 200 ? readAcks(body) : undefined;
      if (!acks) problem = describeAnswer(answer);
    } catch (error) {
      if (signal.aborted) return false;
      problem = describeError(error);
    }
    const asked = new Set(ids);
    for (const ackId of acks ?? []) if (asked.has(ackId)) channel.ackIds.acknowledge(ackId);
    this.#report(problem);
    return acks !== undefined;
  }

  #report(problem: string | undefined): void {
    const { name } = this.#endpoint;
    const about = `${name}: poll acknowledgements`;
    if (problem !== undefined) {
      this.#inTrouble = true;
      this.#options.telemetry({
        type: "trouble",
        about,
        message: `Cannot poll acknowledgements at ${name}: ${problem}`,
        hint: "Nothing counts as delivered meanwhile. Check that the token has indexer " +
          "acknowledgement on every indexer, and that the balancer is sticky; or set hec.ack: off",
        retryInMs: POLL_INTERVAL_MS,
      });
    } else if (this.#inTrouble) {
      this.#inTrouble = false;
      this.#options.telemetry({ type: "recovered", about });
    }
  }
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
