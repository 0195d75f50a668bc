import type { Clock } from "../base/clock.ts";
import type { Secret } from "../base/secret.ts";
import { withTimeout } from "../base/timeout.ts";
import { Channel } from "./channel.ts";
import { ConcurrencyLimit } from "./concurrency_limit.ts";
import { type HecAnswer, readHecAnswer } from "./hec_answer.ts";
import type { HecRequest } from "./hec_transport.ts";
import type { RotatingTransport } from "./rotating_transport.ts";

/** The server forgets the ids of a channel that is idle for 600 s; a fresh one is used well before. */
const CHANNEL_IDLE_MAX_MS = 500_000;

export interface EndpointOptions {
  /** Base URL, for messages. */
  readonly name: string;
  readonly transport: RotatingTransport;
  readonly token: Secret;
  readonly userAgent: string;
  readonly timeoutMs: number;
  readonly maxConcurrentRequests: number;
  readonly clock: Clock;
  /** Makes channel names; `crypto.randomUUID` outside tests. */
  readonly uuid: () => string;
}

/** An answer, and the channel that it came on. */
export interface ChannelAnswer {
  readonly answer: HecAnswer;
  readonly channel: Channel;
  /** The channel's stickiness broke with this answer: its pending ids are to be given up. */
  readonly broken: boolean;
}

/** One HEC endpoint: its connections, its data channels, and how much it takes at once. */
export class Endpoint {
  readonly name: string;
  readonly limit: ConcurrencyLimit;
  readonly #options: EndpointOptions;
  readonly #channels = new Set<Channel>();
  #channel: Channel | undefined;

  constructor(options: EndpointOptions) {
    this.name = options.name;
    this.#options = options;
    this.limit = new ConcurrencyLimit(options.maxConcurrentRequests);
  }

  /** Channels with ids that are waited for. */
  channelsToPoll(): Channel[] {
    for (const channel of this.#channels) {
      if (channel.retired && channel.pendingCount === 0) this.#channels.delete(channel);
    }
    return [...this.#channels].filter(({ pendingCount }) => pendingCount > 0);
  }

  /** Posts events. @param body JSON objects one after the other, compressed when `gzipped`. */
  async postEvents(
    body: Uint8Array<ArrayBuffer>,
    gzipped: boolean,
    signal: AbortSignal,
  ): Promise<ChannelAnswer> {
    const channel = this.#currentChannel();
    const request: HecRequest = {
      method: "POST",
      path: "/services/collector/event",
      headers: {
        "content-type": "application/json",
        ...(gzipped && { "content-encoding": "gzip" }),
      },
      body,
    };
    return await channel.open(async () => {
      const response = await this.#exchange(channel, request, signal);
      const broken = !channel.keepCookies(response.setCookies);
      return { answer: this.#read(response), channel, broken };
    });
  }

  /** Asks which of the ids are indexed. */
  async pollAcks(
    channel: Channel,
    ackIds: readonly number[],
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly body: Uint8Array; readonly broken: boolean }> {
    const request: HecRequest = {
      method: "POST",
      path: "/services/collector/ack",
      headers: { "content-type": "application/json" },
      body: new TextEncoder().encode(JSON.stringify({ acks: ackIds })),
    };
    const response = await this.#exchange(channel, request, signal);
    return { ...response, broken: !channel.keepCookies(response.setCookies) };
  }

  /** Asks for the health: a hint, which proves neither the token nor the index. */
  async health(signal: AbortSignal): Promise<HecAnswer> {
    const response = await this.#exchange(undefined, {
      method: "GET",
      path: "/services/collector/health",
      headers: {},
    }, signal);
    return this.#read(response);
  }

  /** Takes a new connection for the next request, and with it a new channel: they belong together. */
  retireConnection(): void {
    this.#options.transport.retire();
    this.newChannel();
  }

  /** New requests go out on a new channel; the old one is polled until it has nothing pending. */
  newChannel(): void {
    if (this.#channel) this.#channel.retired = true;
    this.#channel = undefined;
  }

  close(): void {
    this.#options.transport.close();
  }

  #currentChannel(): Channel {
    const { clock, uuid } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#channel && nowMs - this.#channel.lastUseMs > CHANNEL_IDLE_MAX_MS) this.newChannel();
    if (!this.#channel) {
      this.#channel = new Channel(uuid(), nowMs);
      this.#channels.add(this.#channel);
    }
    return this.#channel;
  }

  #read(
    response: { status: number; body: Uint8Array; retryAfter: string | null },
  ): HecAnswer {
    const { status, body, retryAfter } = response;
    return readHecAnswer(status, body, retryAfter, this.#options.clock.nowMs());
  }

  async #exchange(channel: Channel | undefined, request: HecRequest, signal: AbortSignal) {
    const { transport, token, userAgent, timeoutMs, clock } = this.#options;
    if (channel) channel.lastUseMs = clock.monotonicMs();
    const cookie = channel?.cookie;
    const headers: Record<string, string> = {
      ...request.headers,
      authorization: `Splunk ${token.reveal()}`,
      // Splunk serves a client without a User-Agent by HTTP/1.0.
      "user-agent": userAgent,
      // Needed by tokens with acknowledgement, ignored by others.
      ...(channel && { "x-splunk-request-channel": channel.id }),
      ...(cookie !== undefined && { cookie }),
    };
    return await withTimeout(
      `${request.method} ${this.name}${request.path}`,
      timeoutMs,
      clock,
      signal,
      (limit) => transport.send({ ...request, headers }, limit),
    );
  }
}
