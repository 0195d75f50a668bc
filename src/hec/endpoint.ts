import type { Secret } from "../base/secret.ts";
import { Breaker } from "../base/breaker.ts";
import { ServerWay } from "../base/server_way.ts";
import { withTimeout } from "../base/timeout.ts";
import { AnswerWait } from "./answer_wait.ts";
import type { DrawnId } from "./ack/ack_ids.ts";
import { drawnId } from "./ack/drawn_id.ts";
import { BodyLimit } from "./body_limit.ts";
import type { Channel } from "./ack/channel.ts";
import { Channels } from "./ack/channels.ts";
import { cookieTrouble } from "./cookie_jar.ts";
import { ConcurrencyLimit } from "./concurrency_limit.ts";
import { GzipTrust } from "./gzip_trial.ts";
import { type HecAnswer, readHecAnswer } from "./hec_answer.ts";
import type { EndpointOptions } from "./endpoint_options.ts";
import type { HecRequest, HecResponse } from "./transport/hec_transport.ts";
import { sendWithToken } from "./send_with_token.ts";

/** How long events go to other endpoints after one has acknowledged nothing, or answered no poll. */
const SILENT_ACKS_MS = 300_000;
/** Slower answers may be those of a second indexer, to which a balancer gave the request after a first one. */
const SURELY_FIRST_MS = 5000;
/** Between the tries of events while the endpoint answers that it is busy. */
const BUSY = { baseMs: 500, capMs: 30_000 };
/** A health page that takes longer is no sign of health. */
const HEALTH_TIMEOUT_MS = 10_000;

/** An answer, and the channel that it came on. */
export interface ChannelAnswer {
  readonly answer: HecAnswer;
  readonly channel: Channel;
  /** From sending to the answer. */
  readonly latencyMs: number;
}

/** One HEC endpoint: its connections, its data channels, and how much it takes at once. */
export class Endpoint {
  readonly name: string;
  readonly limit: ConcurrencyLimit;
  readonly bodyLimit = new BodyLimit();
  /** While nothing answers, one request at a time finds out. Who posts events or polls has a pass of it. */
  readonly way: ServerWay;
  /** While it answers that it is busy, one request with events at a time finds out; polls go out meanwhile. */
  readonly intake: Breaker;
  readonly gzipTrust = new GzipTrust();
  readonly #options: EndpointOptions;
  readonly #answerWait: AnswerWait;
  readonly #channels: Channels;
  #acknowledgesFromMs = -Infinity;
  /** Of the transport, when it was looked at last. */
  #renewals = 0;

  constructor(options: EndpointOptions) {
    this.name = options.name;
    this.#options = options;
    this.#channels = new Channels(options);
    this.limit = new ConcurrencyLimit(options.maxConcurrentRequests);
    const { startsAlone, proxy, proxyName } = options;
    this.way = new ServerWay(options, { startsAlone, proxy, proxyName });
    this.intake = new Breaker(options, { backoff: BUSY, failuresStand: true });
    this.#answerWait = new AnswerWait(options.timeoutMs, options.clock, options.proxyName);
  }

  /** Milliseconds until events may be sent there; 0 when they may now. */
  get waitMs(): number {
    return Math.max(this.way.waitMs, this.intake.waitMs);
  }

  /** Whether what it takes may be acknowledged, as far as its polls show. */
  get acknowledges(): boolean {
    return this.#options.clock.monotonicMs() >= this.#acknowledgesFromMs;
  }
  set acknowledges(value: boolean) {
    this.#acknowledgesFromMs = value
      ? -Infinity
      : this.#options.clock.monotonicMs() + SILENT_ACKS_MS;
  }

  /**
   * Largest body of several events that it may be sent now.
   * @throws the reason of `signal`.
   */
  async maxBodyBytes(signal: AbortSignal): Promise<number> {
    return Math.min(
      this.bodyLimit.maxBytes,
      await this.#options.transport.currentMaxBodyBytes(signal),
    );
  }

  /**
   * Posts events; when the token is refused and has been replaced, once more with the new one.
   * @param body JSON objects one after the other, compressed when `gzipped`.
   * @param acks Whether the events wait for acknowledgement.
   * @param answersElsewhere Whether another endpoint has answered meanwhile; see `AnswerWait`.
   * @throws when there is no whole answer; connection and channel are then given up.
   */
  async postEvents(
    body: Uint8Array<ArrayBuffer>,
    gzipped: boolean,
    acks: boolean,
    signal: AbortSignal,
    answersElsewhere: () => boolean = () => false,
  ): Promise<ChannelAnswer> {
    const { clock } = this.#options;
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
      await this.#options.transport.renew(signal);
      const channel = this.#takeChannel(await this.#options.token.current(signal), acks);
      const send = () => this.#post(channel, request, acks, signal, answersElsewhere);
      const sent = acks && !channel.isOwn ? await channel.open(send, clock, signal) : await send();
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

  /** Posts events on one channel, which learns what that says of its ids. */
  async #post(
    channel: Channel,
    request: HecRequest,
    acks: boolean,
    signal: AbortSignal,
    answersElsewhere: () => boolean,
  ): Promise<ChannelAnswer> {
    const { clock, transport } = this.#options;
    const startMs = channel.lastUseMs = clock.monotonicMs();
    const sent = channel.ackIds.begin();
    let drawn: DrawnId = "unknown";
    try {
      const response = await this.#answerWait.answer(this.#nameOf(request), {
        signal,
        send: (onSent, limit) => this.#send(channel, channel.token, { ...request, onSent }, limit),
        canConnect: (limit) => transport.canConnect(limit),
        answersElsewhere,
      });
      this.#keepCookies(channel, response);
      const latencyMs = clock.monotonicMs() - startMs;
      if (latencyMs > SURELY_FIRST_MS) channel.doubt();
      const answer = this.#read(response);
      drawn = acks ? drawnId(answer) : "none"; // who does not wait for ids does not mind whose they are
      return { answer, channel, latencyMs };
    } catch (error) {
      if (!signal.aborted) this.retireConnection(channel);
      throw error;
    } finally {
      channel.ackIds.end(sent, drawn);
      this.#channels.answered(channel, drawn);
    }
  }

  /**
   * Asks which of the ids are indexed: with the token that drew them, or with the one that has replaced it
   * when that is refused.
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
    await this.#options.transport.renew(signal);
    const ask = async (token: Secret) => {
      const response = await this.#exchange(channel, token, request, signal);
      this.#keepCookies(channel, response);
      this.#channels.checkBroken(channel);
      return { answer: this.#read(response), body: response.body };
    };
    const asked = await ask(channel.token);
    const newToken = await this.#newToken(channel, asked.answer, signal);
    return newToken ? await ask(newToken) : asked;
  }

  /** Asks for the health: a hint, which proves neither the token nor the index. */
  async health(signal: AbortSignal): Promise<HecAnswer> {
    await this.#options.transport.renew(signal);
    const token = await this.#options.token.current(signal);
    const request = { method: "GET", path: "/services/collector/health", headers: {} } as const;
    const response = await this.way.beside(
      signal,
      () => this.#exchange(undefined, token, request, signal, HEALTH_TIMEOUT_MS),
    );
    return this.#read(response);
  }

  /**
   * Takes a new connection for the next request, and with it a new channel: they belong together.
   * @param channel Does nothing when this one is of older connections: another request saw the same.
   */
  retireConnection(channel?: Channel): void {
    if (!this.#channels.renewConnections(channel)) return;
    this.gzipTrust.forget();
    this.#options.transport.retire();
  }

  /** New events go out on a new channel; ids of the old one may still be waited for. */
  retireChannel(channel: Channel): void {
    this.#channels.retire(channel);
  }

  /** An id of the channel is acknowledged. */
  acknowledged(channel: Channel): void {
    this.#channels.acknowledged(channel);
  }

  close(): void {
    this.#options.transport.close();
  }

  #takeChannel(token: Secret, acks: boolean): Channel {
    const { transport } = this.#options;
    if (transport.isDue) this.retireConnection();
    if (transport.renewals !== this.#renewals) this.#channels.renewConnections();
    this.#renewals = transport.renewals;
    return this.#channels.take(token, acks);
  }

  #keepCookies(channel: Channel, { setCookies }: HecResponse): void {
    const before = channel.cookiesLeftOut;
    channel.keepCookies(setCookies);
    const leftOut = channel.cookiesLeftOut - before;
    if (leftOut > 0) this.#options.telemetry(cookieTrouble(this.name, leftOut));
  }

  #read({ status, body, retryAfter, location }: HecResponse): HecAnswer {
    const nowMs = this.#options.clock.nowMs();
    return readHecAnswer(status, body, retryAfter, nowMs, location);
  }

  async #exchange(
    channel: Channel | undefined,
    token: Secret,
    request: HecRequest,
    signal: AbortSignal,
    mostMs = Infinity,
  ): Promise<HecResponse> {
    const { timeoutMs, clock } = this.#options;
    const send = (limit: AbortSignal) => this.#send(channel, token, request, limit);
    const limitMs = Math.min(timeoutMs, mostMs);
    return await withTimeout(
      { what: this.#nameOf(request), timeoutMs: limitMs },
      clock,
      signal,
      send,
    );
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
    const { transport, userAgent } = this.#options;
    return sendWithToken(transport, { token, channel, userAgent }, request, signal);
  }
}
