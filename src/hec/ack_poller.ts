import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/hinted_error.ts";
import type { Telemetry } from "../base/telemetry.ts";
import { Wake } from "../base/wake.ts";
import type { AckResult, Channel } from "./channel.ts";
import type { Endpoint } from "./endpoint.ts";

/** An idle server acknowledges after about a second. */
const POLL_INTERVAL_MS = 1000;
/** Ids in one poll: the loss of its answer burns every `true` in it. */
const IDS_PER_POLL = 300;

export interface AckPollerOptions {
  readonly ackTimeoutMs: number;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/**
 * Waits for acknowledgements and polls for them, several ids at a time.
 *
 * Only a `true` for an id that is waited for counts. Whatever else a poll brings, an error, `false`,
 * nothing, an unknown id, leaves the id waiting until its time is over; then its events are sent again.
 */
export class AckPoller {
  readonly #options: AckPollerOptions;
  readonly #endpoints: readonly Endpoint[];
  readonly #wake: Wake;
  readonly #inTrouble = new Set<string>();

  constructor(endpoints: readonly Endpoint[], options: AckPollerOptions) {
    this.#endpoints = endpoints;
    this.#options = options;
    this.#wake = new Wake(options.clock);
  }

  /** Waits for one id of one channel; `broken` at once when the id cannot be right. */
  async wait(endpoint: Endpoint, channel: Channel, ackId: number): Promise<AckResult> {
    const { ackTimeoutMs, clock } = this.#options;
    const waiting = channel.expect(ackId, clock.monotonicMs() + ackTimeoutMs);
    if (!waiting) {
      channel.break();
      endpoint.newChannel();
      return "broken";
    }
    this.#wake.wake();
    return await waiting;
  }

  /** Polls soon: the server says that its acknowledgements fill. */
  hurry(): void {
    this.#wake.wake();
  }

  /** Polls while anything is pending, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      const pending = this.#endpoints.some((endpoint) => endpoint.channelsToPoll().length > 0);
      // Without anything pending, only a new id wakes it.
      if (!pending) await this.#wake.sleep(2 ** 30, signal);
      await this.#options.clock.sleep(POLL_INTERVAL_MS, signal);
      await Promise.all(this.#endpoints.map((endpoint) => this.#pollEndpoint(endpoint, signal)));
      signal.throwIfAborted();
    }
  }

  async #pollEndpoint(endpoint: Endpoint, signal: AbortSignal): Promise<void> {
    for (const channel of endpoint.channelsToPoll()) {
      const ids = channel.pending;
      for (let at = 0; at < ids.length && !signal.aborted; at += IDS_PER_POLL) {
        await this.#poll(endpoint, channel, ids.slice(at, at + IDS_PER_POLL), signal);
      }
      if (channel.expire(this.#options.clock.monotonicMs()) > 0) endpoint.newChannel();
    }
  }

  async #poll(
    endpoint: Endpoint,
    channel: Channel,
    ids: readonly number[],
    signal: AbortSignal,
  ): Promise<void> {
    let problem: string | undefined;
    try {
      const { status, body, broken } = await endpoint.pollAcks(channel, ids, signal);
      const acks = status === 200 ? readAcks(body) : undefined;
      if (!acks) problem = describeRefusal(status, body);
      for (const ackId of acks ?? []) channel.acknowledge(ackId);
      if (broken) {
        channel.break();
        endpoint.newChannel();
      }
    } catch (error) {
      if (signal.aborted) return;
      problem = describeError(error);
    }
    this.#report(endpoint, problem);
  }

  #report(endpoint: Endpoint, problem: string | undefined): void {
    const about = `${endpoint.name}: poll acknowledgements`;
    if (problem !== undefined) {
      this.#inTrouble.add(about);
      this.#options.telemetry({
        type: "trouble",
        about,
        message: `Cannot poll acknowledgements at ${endpoint.name}: ${problem}`,
        hint: "Nothing counts as delivered meanwhile. Check that the token has indexer " +
          "acknowledgement on every indexer, and that the balancer is sticky; or set hec.ack: off",
        retryInMs: POLL_INTERVAL_MS,
      });
    } else if (this.#inTrouble.delete(about)) this.#options.telemetry({ type: "recovered", about });
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
    .filter(([id, indexed]) => indexed === true && /^\d{1,15}$/.test(id))
    .map(([id]) => Number(id));
}

function describeRefusal(status: number, body: Uint8Array): string {
  let code: unknown;
  try {
    code = JSON.parse(new TextDecoder().decode(body))?.code;
  } catch {
    // Not HEC's answer: the status says what there is to say.
  }
  return `found HTTP ${status}${
    Number.isSafeInteger(code) ? `, code ${code}` : ""
  }, expected 200 with {"acks":{…}}`;
}
