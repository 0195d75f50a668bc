import type { Clock } from "../../base/clock.ts";
import type { Secret } from "../../base/secret.ts";
import { TimedOut, withTimeout } from "../../base/timeout.ts";
import { abortable } from "../../base/on_abort.ts";
import { AckIds, type AckResult } from "./ack_ids.ts";
import { CookieJar } from "../cookie_jar.ts";

/** Cookies of AWS application load balancers: new with every answer from the same indexer, so a change means nothing. */
const ROTATING_COOKIE = /^AWSALB/i;
/** Maximum time that one answered poll adds to a channel: a process that was suspended did not poll. */
const POLL_GAP_MAX_MS = 10_000;
/** Time that the first answered poll adds after unanswered ones. */
const FIRST_ANSWER_MS = 1000;
/** How long other requests wait for the first answer of a channel before they use another one. */
const OPENING_MAX_MS = 5000;

interface ChannelOptions {
  /** Generation of the connections that it belongs to. */
  readonly generation?: number;
  /** Whether its second request is sent alone too: it shows whether a single indexer answers. */
  readonly careful?: boolean;
  /** For a single request; `assignedBefore` is the id assigned to the last one under the same name. */
  readonly own?: { readonly assignedBefore: number | undefined };
}

/** A data channel: the name under which an indexer keeps acknowledgements, with the cookies that lead to that indexer. */
export class Channel {
  /** GUID in `X-Splunk-Request-Channel`. */
  readonly id: string;
  /** The token of its events. */
  readonly token: Secret;
  readonly ackIds = new AckIds();
  readonly generation: number;
  /** Whether it is for a single request. */
  readonly isOwn: boolean;
  /** Of a channel for a single request: the id assigned to the last request under its name. */
  readonly assignedBefore: number | undefined;
  /** Of a channel for a single request: the id assigned to that. */
  assignedId: number | undefined;
  /** When events were last sent on it. */
  lastUseMs: number;
  readonly #cookies = new CookieJar();
  readonly #careful: boolean;
  #isAmbiguous = false;
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
    this.assignedBefore = own?.assignedBefore;
    this.id = id;
    this.token = token;
    this.lastUseMs = nowMs;
    this.#lastPollMs = nowMs;
  }

  /** Milliseconds during which polls were answered. Only these count towards the timeout of an acknowledgement. */
  get polledMs(): number {
    return this.#polledMs;
  }

  /**
   * Waits for an id.
   * @param timeoutMs In milliseconds during which polls are answered.
   * @returns the same as `AckIds.expect`.
   */
  expectAck(ackId: number, timeoutMs: number, nowMs: number): Promise<AckResult> | undefined {
    if (this.ackIds.pendingCount === 0) {
      this.#lastPollMs = nowMs;
      this.#pollsAnswered = true;
    }
    const sinceLastPollMs = Math.min(POLL_GAP_MAX_MS, nowMs - this.#lastPollMs);
    return this.ackIds.expect(ackId, this.#polledMs + sinceLastPollMs + timeoutMs, nowMs);
  }

  /** Counts the time since the last poll, if this one was answered. */
  polled(answered: boolean, nowMs: number): void {
    const maxMs = this.#pollsAnswered ? POLL_GAP_MAX_MS : FIRST_ANSWER_MS;
    if (answered) this.#polledMs += Math.min(maxMs, nowMs - this.#lastPollMs);
    this.#lastPollMs = nowMs;
    this.#pollsAnswered = answered;
  }

  /** Whether an indexer may have a second copy of its events, or an answer to a poll may be lost. */
  get isAmbiguous(): boolean {
    return this.#isAmbiguous;
  }

  markAmbiguous(): void {
    this.#isAmbiguous = true;
  }

  /** The `Cookie` header, or undefined. */
  get cookie(): string | undefined {
    return this.#cookies.header;
  }

  /** Number of cookies that are not sent back, because they are malformed or too many. */
  get cookiesLeftOut(): number {
    return this.#cookies.leftOut;
  }

  /**
   * Sends the first request of the channel alone: all others need the cookies of its answer, or they reach other
   * indexers. A careful channel also sends its second one alone, if ids are assigned.
   * @returns undefined, with nothing sent, when the first answer is late, or the channel turns out to be unusable.
   * @throws what `send` throws.
   * @throws the signal's reason while it waits for the answer to another request.
   */
  async open<T>(
    send: () => Promise<T>,
    clock: Clock,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    while (this.#opening) {
      const inTime = await isInTime(this.#opening, clock, signal);
      if (this.#answers === 0 || this.ackIds.isUnusable) return undefined;
      if (!inTime) return await send(); // only the second answer is late
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
    return this.#answers === 0 || this.#careful && this.ackIds.assignedCount === 1;
  }

  /** Whether a later answer may add or change a cookie. */
  readonly #mayChange = (name: string): boolean =>
    !this.isOwn || this.#answers === 0 || ROTATING_COOKIE.test(name);

  /**
   * Keeps the cookies of an answer. A cookie that changes after the first answer invalidates the channel: the load
   * balancer now leads to another indexer, which knows none of the pending ids. A channel for a single request keeps the
   * cookies of its first answer.
   * @returns false when the channel is invalidated.
   */
  keepCookies(setCookies: readonly string[]): boolean {
    let stuck = true;
    for (const header of setCookies) {
      const kept = this.#cookies.keep(header, this.#mayChange);
      if (kept?.changed && this.#answers > 0 && !ROTATING_COOKIE.test(kept.name)) stuck = false;
    }
    this.#answers++;
    if (!stuck) this.ackIds.invalidate();
    return stuck;
  }
}

/** Whether the answer that opens a channel comes in time for the requests that wait for it. */
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
