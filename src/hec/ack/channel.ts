import type { Clock } from "../../base/clock.ts";
import type { Secret } from "../../base/secret.ts";
import { TimedOut, withTimeout } from "../../base/timeout.ts";
import { abortable } from "../../base/on_abort.ts";
import { AckIds, type AckResult } from "./ack_ids.ts";
import { CookieJar } from "../cookie_jar.ts";

/**
 * Cookies of Amazon's application balancers: new with every answer though the indexer stays the same, so
 * that a change of theirs says nothing.
 */
const ROTATING_COOKIE = /^AWSALB/i;
/** What one answered poll adds to the time of a channel at most: a program that was stopped did not ask. */
const POLL_GAP_MAX_MS = 10_000;
/** What the first answered poll adds after some that were not. */
const FIRST_ANSWER_MS = 1000;
/** How long others wait for the first answer of a channel before they take another one. */
const OPENING_MAX_MS = 5000;

export interface ChannelOptions {
  /** Number of the connections that it belongs to. */
  readonly generation?: number;
  /** Whether its second request, too, is to go alone: it shows whether one indexer answers. */
  readonly careful?: boolean;
  /** For one request alone; `drawnBefore` is the id that the last one drew under the same name. */
  readonly own?: { readonly drawnBefore: number | undefined };
}

/**
 * A data channel: the name under which one endpoint's indexer keeps acknowledgements, with the cookies
 * that lead a balancer to that indexer.
 */
export class Channel {
  /** GUID in `X-Splunk-Request-Channel`. */
  readonly id: string;
  /** The token of its events. */
  readonly token: Secret;
  readonly ackIds = new AckIds();
  readonly generation: number;
  /** Whether it is for one request alone. */
  readonly isOwn: boolean;
  /** Of a channel for one request: what the last request under its name drew. */
  readonly drawnBefore: number | undefined;
  /** Of a channel for one request: what that drew. */
  drawnId: number | undefined;
  /** When events were last sent on it. */
  lastUseMs: number;
  readonly #cookies = new CookieJar();
  readonly #careful: boolean;
  #doubted = false;
  #answers = 0;
  #polledMs = 0;
  #lastPollMs: number;
  #pollsAnswered = true;
  #opening: Promise<void> | undefined;

  constructor(
    id: string,
    token: Secret,
    nowMs: number,
    { generation = 0, careful = false, own }: ChannelOptions = {},
  ) {
    this.generation = generation;
    this.#careful = careful;
    this.isOwn = own !== undefined;
    this.drawnBefore = own?.drawnBefore;
    this.id = id;
    this.token = token;
    this.lastUseMs = nowMs;
    this.#lastPollMs = nowMs;
  }

  /**
   * Milliseconds during which polls were answered: only these count towards an acknowledgement's timeout, as
   * nothing is known of events while nobody answers for them.
   */
  get polledMs(): number {
    return this.#polledMs;
  }

  /** Waits for an id for so many milliseconds of answered polls. @returns as `AckIds.expect`. */
  expectAck(ackId: number, timeoutMs: number, nowMs: number): Promise<AckResult> | undefined {
    if (this.ackIds.pendingCount === 0) {
      this.#lastPollMs = nowMs;
      this.#pollsAnswered = true;
    }
    const sinceLastPollMs = Math.min(POLL_GAP_MAX_MS, nowMs - this.#lastPollMs);
    return this.ackIds.expect(ackId, this.#polledMs + sinceLastPollMs + timeoutMs, nowMs);
  }

  /** A poll has ended. */
  polled(answered: boolean, nowMs: number): void {
    const mostMs = this.#pollsAnswered ? POLL_GAP_MAX_MS : FIRST_ANSWER_MS;
    if (answered) this.#polledMs += Math.min(mostMs, nowMs - this.#lastPollMs);
    this.#lastPollMs = nowMs;
    this.#pollsAnswered = answered;
  }

  /** Whether an indexer may hold a second copy of its events, or an answer to a poll may be lost. */
  get isDoubted(): boolean {
    return this.#doubted;
  }

  doubt(): void {
    this.#doubted = true;
  }

  /** The `Cookie` header, or undefined. */
  get cookie(): string | undefined {
    return this.#cookies.header;
  }

  /** Cookies that are not sent back, as they are out of their form or too many. */
  get cookiesLeftOut(): number {
    return this.#cookies.leftOut;
  }

  /**
   * Lets the first request of the channel go alone: its answer's cookies must go with all others, or they
   * reach other indexers. With care the second goes alone, too, where ids are drawn.
   * @returns undefined, with nothing sent, when the first answer is late, or the channel turns out unfit for more.
   * @throws what `send` throws, or the signal's reason while it waits for another's answer.
   */
  async open<T>(
    send: () => Promise<T>,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    while (this.#opening) {
      const inTime = await isInTime(this.#opening, clock, signal);
      if (this.#answers === 0 || this.ackIds.isSpent) return undefined;
      if (!inTime) return await send(); // only the second is late
    }
    if (!this.#goesAlone) return await send();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#opening = promise;
    try {
      return await send();
    } finally {
      this.#opening = undefined;
      resolve();
    }
  }

  get #goesAlone(): boolean {
    return this.#answers === 0 || this.#careful && this.ackIds.drawnCount === 1;
  }

  /** Whether a later answer may set a cookie, and set it to something else. */
  readonly #mayChange = (name: string): boolean =>
    !this.isOwn || this.#answers === 0 || ROTATING_COOKIE.test(name);

  /**
   * Keeps the cookies of an answer. A cookie that changes after the first answer breaks the channel: the
   * balancer now leads to another indexer, which knows none of the pending ids. A channel for one request
   * keeps to the cookies of the answer to that.
   * @returns false when it broke.
   */
  keepCookies(setCookies: readonly string[]): boolean {
    let stuck = true;
    for (const header of setCookies) {
      const kept = this.#cookies.keep(header, this.#mayChange);
      if (kept?.changed && this.#answers > 0 && !ROTATING_COOKIE.test(kept.name)) stuck = false;
    }
    this.#answers++;
    if (!stuck) this.ackIds.break();
    return stuck;
  }
}

/** Whether the first answer of a channel comes before others lose patience. */
async function isInTime(
  opening: Promise<void>,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  const what = "The first answer of a channel";
  try {
    await withTimeout(
      { what, timeoutMs: OPENING_MAX_MS },
      clock,
      signal,
      (limit) => abortable(opening, limit),
    );
    return true;
  } catch (error) {
    if (error instanceof TimedOut) return false;
    throw error;
  }
}
