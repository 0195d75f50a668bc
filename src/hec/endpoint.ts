import { Breaker } from "../base/breaker.ts";
import type { Env } from "../base/env.ts";
import type { Secret } from "../base/secret.ts";
import { ServerWay } from "../base/server_way.ts";
import { withTimeout } from "../base/timeout.ts";
import { type AssignedId, assignedId } from "./ack/ack_ids.ts";
import type { Channel } from "./ack/channel.ts";
import { Channels } from "./ack/channels.ts";
import { AnswerTimeout } from "./answer_timeout.ts";
import { BodyLimit } from "./body_limit.ts";
import { ConcurrencyLimit } from "./concurrency_limit.ts";
import type { EndpointOptions } from "./endpoint_options.ts";
import { cookieTrouble } from "./cookie_jar.ts";
import { GzipTrust } from "./gzip_trust.ts";
import { type HecAnswer, readHecAnswer } from "./hec_answer.ts";
import { sendWithToken } from "./send_with_token.ts";
import { type HecRequest, type HecResponse, SHARED_OPTIONS } from "./transport/hec_transport.ts";
import type { RotatingTransport } from "./transport/rotating_transport.ts";

/** For how long events go to other endpoints when this one acknowledges nothing, or answers no poll. */
const SILENT_ACKS_MS = 300_000;
/** A slower answer may be that of a second indexer, to which a load balancer resent the request. */
const SURELY_FIRST_MS = 5000;
/** Between tries of events while the endpoint answers that it is busy. */
const BUSY = { baseMs: 500, capMs: 30_000 };
/** A health page that takes longer is no sign of health. */
const HEALTH_TIMEOUT_MS = 10_000;

/** How a request with events is sent. */
interface PostOptions {
  /** Whether the body is compressed. */
  readonly gzipped: boolean;
  /** Whether the events wait for acknowledgement. */
  readonly acks: boolean;
  /** Whether another endpoint has answered meanwhile; see `AnswerTimeout`. Never when left out. */
  readonly answersElsewhere?: () => boolean;
}

/** An answer, and the channel on which it came. */
export interface ChannelAnswer {
  readonly answer: HecAnswer;
  readonly channel: Channel;
  /** Time from sending to the answer. */
  readonly latencyMs: number;
}

/** One HEC endpoint: its connections, its data channels, and how much it accepts at once. */
export class Endpoint {
  readonly name: string;
  /** Where the options are written, for messages. */
  readonly optionPath: string;
  readonly limit: ConcurrencyLimit;
  readonly bodyLimit = new BodyLimit();
  /** While nothing answers, one request at a time probes. Events and polls need a pass of it. */
  readonly way: ServerWay;
  /** While it answers that it is busy, one request with events at a time probes. Polls need no pass of it. */
  readonly intake: Breaker;
  readonly gzipTrust = new GzipTrust();
  readonly #env: Env;
  readonly #options: EndpointOptions;
  readonly #transport: RotatingTransport;
  readonly #answerTimeout: AnswerTimeout;
  readonly #channels: Channels;
  #acknowledgesFromMs = -Infinity;
  #tlsGeneration = 0;

  constructor(env: Env, options: EndpointOptions) {
    const { clock } = env;
    const { proxy, proxyName, startsAlone = false, optionPath = SHARED_OPTIONS } = options;
    this.name = options.name;
    this.optionPath = optionPath;
    this.#env = env;
    this.#options = options;
    this.#transport = options.transport;
    this.#channels = new Channels(clock, options.uuid);
    this.limit = new ConcurrencyLimit(options.maxConcurrentRequests);
    this.way = new ServerWay(env, { startsAlone, proxy, proxyName });
    this.intake = new Breaker(env, { backoff: BUSY, failuresStand: true });
    this.#answerTimeout = new AnswerTimeout(options.timeoutMs, clock, proxyName, optionPath);
  }

  /** Milliseconds until events may be sent; 0 when they may be sent now. */
  get waitMs(): number {
    return Math.max(this.way.waitMs, this.intake.waitMs);
  }

  /** Whether its polls show that accepted events are acknowledged. */
  get acknowledges(): boolean {
    return this.#env.clock.monotonicMs() >= this.#acknowledgesFromMs;
  }
  set acknowledges(value: boolean) {
    this.#acknowledgesFromMs = value ? -Infinity : this.#env.clock.monotonicMs() + SILENT_ACKS_MS;
  }

  /**
   * The largest body of several events that may be sent now.
   * @throws the reason of `signal`.
   */
  async maxBodyBytes(signal: AbortSignal): Promise<number> {
    return Math.min(this.bodyLimit.maxBytes, await this.#transport.currentMaxBodyBytes(signal));
  }

  /**
   * Posts events. When the token is refused and has been replaced, they are posted once more with the new one.
   * @param body JSON objects one after the other.
   * @throws when there is no complete answer; the connection and the channel are then given up.
   */
  async postEvents(
    body: Uint8Array<ArrayBuffer>,
    options: PostOptions,
    signal: AbortSignal,
  ): Promise<ChannelAnswer> {
    const { gzipped, acks } = options;
    const request: HecRequest = {
      method: "POST",
      path: "/services/collector/event",
      headers: {
        "content-type": "application/json",
        ...(gzipped && { "content-encoding": "gzip" }),
      },
      body,
    };
    for (let tries = 1;;) {
      await this.#transport.refreshTls(signal);
      const channel = this.#takeChannel(await this.#options.token.current(signal), acks);
      const send = () => this.#post(channel, request, options, signal);
      const sent = acks && !channel.isOwn
        ? await channel.open(send, this.#env.clock, signal)
        : await send();
      const again = sent && tries++ === 1 && await this.#newToken(channel, sent.answer, signal);
      if (sent && !again) return sent;
      this.retireChannel(channel);
    }
  }

  /** The token that has replaced the channel's, when an answer refuses that one. */
  async #newToken(
    channel: Channel,
    { status }: HecAnswer,
    signal: AbortSignal,
  ): Promise<Secret | undefined> {
    if (status !== 401 && status !== 403) return undefined;
    const newest = await this.#options.token.newest(signal);
    return newest === channel.token ? undefined : newest;
  }

  /** Posts events on one channel, and passes to the channel what the answer says about its ids. */
  async #post(
    channel: Channel,
    request: HecRequest,
    { acks, answersElsewhere = () => false }: PostOptions,
    signal: AbortSignal,
  ): Promise<ChannelAnswer> {
    const { clock } = this.#env;
    const startMs = channel.lastUseMs = clock.monotonicMs();
    const sent = channel.ackIds.begin();
    let assigned: AssignedId = "unknown";
    try {
      const response = await this.#answerTimeout.answer(this.#nameOf(request), {
        signal,
        send: (onSent, limit) => this.#send(channel, channel.token, { ...request, onSent }, limit),
        canConnect: (limit) => this.#transport.canConnect(limit),
        answersElsewhere,
      });
      this.#keepCookies(channel, response);
      const latencyMs = clock.monotonicMs() - startMs;
      if (latencyMs > SURELY_FIRST_MS) channel.markAmbiguous();
      const answer = this.#read(response);
      assigned = acks ? assignedId(answer) : "none"; // nothing waits for this id, so it may be any
      return { answer, channel, latencyMs };
    } catch (error) {
      if (!signal.aborted) this.retireConnection(channel);
      throw error;
    } finally {
      channel.ackIds.end(sent, assigned);
      this.#channels.answered(channel, assigned);
    }
  }

  /**
   * Asks which of the ids are indexed: with the token of the channel, or with the one that has replaced it when that is
   * refused.
   */
  async pollAcks(
    channel: Channel,
    ackIds: readonly number[],
    signal: AbortSignal,
  ): Promise<{ readonly answer: HecAnswer; readonly body: Uint8Array }> {
    const request: HecRequest = {
      method: "POST",
      path: "/services/collector/ack",
      headers: { "content-type": "application/json" },
      body: new TextEncoder().encode(JSON.stringify({ acks: ackIds })),
    };
    await this.#transport.refreshTls(signal);
    const ask = async (token: Secret) => {
      const limit = { what: this.#nameOf(request), timeoutMs: this.#options.timeoutMs };
      const response = await withTimeout(limit, this.#env.clock, signal, (ended) => {
        return this.#send(channel, token, request, ended);
      });
      this.#keepCookies(channel, response);
      this.#channels.checkInvalidated(channel);
      return { answer: this.#read(response), body: response.body };
    };
    const asked = await ask(channel.token);
    const newToken = await this.#newToken(channel, asked.answer, signal);
    return newToken ? await ask(newToken) : asked;
  }

  /** Asks for the health: only a hint, which proves neither the token nor the index. */
  async health(signal: AbortSignal): Promise<HecAnswer> {
    await this.#transport.refreshTls(signal);
    const token = await this.#options.token.current(signal);
    const request = { method: "GET", path: "/services/collector/health", headers: {} } as const;
    const timeoutMs = Math.min(this.#options.timeoutMs, HEALTH_TIMEOUT_MS);
    const limit = { what: this.#nameOf(request), timeoutMs };
    const response = await this.way.beside(signal, () => {
      return withTimeout(limit, this.#env.clock, signal, (ended) => {
        return this.#send(undefined, token, request, ended);
      });
    });
    return this.#read(response);
  }

  /**
   * Uses a new connection for the next request, and with it a new channel: they belong together.
   * @param channel No effect when it belongs to older connections: another request has found the same.
   */
  retireConnection(channel?: Channel): void {
    if (!this.#channels.newGeneration(channel)) return;
    this.gzipTrust.forget();
    this.#transport.retire();
  }

  /** Sends new events on a new channel; ids of the old one may still be pending. */
  retireChannel(channel: Channel): void {
    this.#channels.retire(channel);
  }

  /** An id of the channel is acknowledged. */
  acknowledged(channel: Channel): void {
    this.#channels.acknowledged(channel);
  }

  close(): void {
    this.#transport.close();
  }

  #takeChannel(token: Secret, acks: boolean): Channel {
    if (this.#transport.isDue) this.retireConnection();
    const { tlsGeneration } = this.#transport;
    if (tlsGeneration !== this.#tlsGeneration) this.#channels.newGeneration();
    this.#tlsGeneration = tlsGeneration;
    return this.#channels.take(token, acks);
  }

  #keepCookies(channel: Channel, { setCookies }: HecResponse): void {
    const before = channel.cookiesLeftOut;
    channel.keepCookies(setCookies);
    const leftOut = channel.cookiesLeftOut - before;
    if (leftOut > 0) this.#env.telemetry(cookieTrouble(this.name, leftOut));
  }

  #read(response: HecResponse): HecAnswer {
    return readHecAnswer(response, this.#env.clock.nowMs());
  }

  #nameOf({ method, path }: HecRequest): string {
    return `${method} ${this.name}${path}`;
  }

  #send(
    channel: Channel | undefined,
    token: Secret,
    request: HecRequest,
    signal: AbortSignal,
  ): Promise<HecResponse> {
    const { userAgent, headers } = this.#options;
    return sendWithToken(this.#transport, { token, channel, userAgent, headers }, request, signal);
  }
}
