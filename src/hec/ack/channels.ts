import type { Clock } from "../../base/clock.ts";
import type { Secret } from "../../base/secret.ts";
import type { AssignedId } from "./ack_ids.ts";
import { Channel } from "./channel.ts";

/**
 * The server forgets the ids of a channel that is idle for 600 s; a new one is used well before. It is unknown whether
 * polls keep a channel from being idle, so only events count.
 */
const CHANNEL_IDLE_MAX_MS = 500_000;
/** How long each request gets its own channel before one for all is tried again; doubled each time. */
const OWN_FIRST_MS = 600_000;
const OWN_MAX_MS = 24 * 3_600_000;
/** Maximum number of unused names: more than requests ever wait for acknowledgement at once. */
const MAX_FREE = 10_000;

interface FreeName {
  readonly id: string;
  /** The id assigned to its last request. */
  readonly ackId: number;
  readonly sinceMs: number;
}

/**
 * The data channels of one endpoint.
 *
 * All events use one channel, as Splunk advises, while a single indexer answers for it. An invalidated channel shows that
 * there may be several indexers, each counting ids from 0. Then each request gets its own channel, so that `true` can only
 * be about its events, whichever indexer has them. Its name is reused once the request is acknowledged, unless a second
 * copy of the request may have reached another indexer.
 */
export class Channels {
  readonly #clock: Clock;
  readonly #uuid: () => string;
  #shared: Channel | undefined;
  /** Generation of connections: a channel belongs to the one it was made for. */
  #generation = 0;
  /** Whether two consecutive ids came from one indexer. */
  #proven = false;
  /** Invalidated channels that have been counted. */
  readonly #counted = new WeakSet<Channel>();
  #ownSinceMs: number | undefined;
  /** When an id last showed that there are several indexers. */
  #mixedMs = -Infinity;
  #ownForMs = OWN_FIRST_MS;
  #free: FreeName[] = [];
  #freeToken: Secret | undefined;

  /**
   * @param uuid Makes names of channels.
   */
  constructor(clock: Clock, uuid: () => string) {
    this.#clock = clock;
    this.#uuid = uuid;
  }

  /**
   * The channel for a request with events.
   * @param acks Whether they wait for acknowledgement.
   */
  take(token: Secret, acks: boolean): Channel {
    const nowMs = this.#clock.monotonicMs();
    if (acks && this.#eachItsOwn(nowMs)) return this.#own(token, nowMs);
    const { ackIds, lastUseMs } = this.#shared ?? {};
    if (lastUseMs !== undefined && nowMs - lastUseMs > CHANNEL_IDLE_MAX_MS || ackIds?.isUnusable) {
      this.#shared = undefined;
    }
    // It is unknown whether two tokens share the ids of a channel: each gets its own.
    if (this.#shared?.token !== token) this.#shared = undefined;
    return this.#shared ??= new Channel(this.#uuid(), token, nowMs, {
      generation: this.#generation,
      careful: !this.#proven,
    });
  }

  /** Uses a new channel for new events; ids of the old one may still be pending. */
  retire(channel: Channel): void {
    if (this.#shared === channel) this.#shared = undefined;
  }

  /**
   * Uses a new channel with new connections.
   * @param channel No effect when it belongs to older connections: another request has found the same.
   * @returns whether there was an effect.
   */
  newGeneration(channel?: Channel): boolean {
    if (channel && channel.generation !== this.#generation) return false;
    this.#generation++;
    this.#shared = undefined;
    return true;
  }

  /** Events were answered on the channel. */
  answered(channel: Channel, assigned: AssignedId): void {
    if (channel.isOwn) {
      if (typeof assigned !== "number") return;
      channel.assignedId = assigned;
      const { assignedBefore } = channel;
      const mixed = assignedBefore !== undefined && assigned !== assignedBefore + 1;
      if (mixed) this.#mixedMs = this.#clock.monotonicMs();
    } else if (channel.ackIds.assignedCount > 1 && !channel.ackIds.isInvalidated) {
      this.#proven = true;
    }
    this.checkInvalidated(channel);
  }

  /** Once a channel is invalidated, each request gets its own. */
  checkInvalidated(channel: Channel): void {
    if (channel.isOwn || !channel.ackIds.isInvalidated || this.#counted.has(channel)) return;
    this.#counted.add(channel);
    this.#mixedMs = this.#clock.monotonicMs();
    this.#ownSinceMs ??= this.#mixedMs;
    this.#proven = false;
    this.retire(channel);
  }

  /** The only request of the channel is acknowledged: its name can be reused. */
  acknowledged({ id, token, isOwn, isAmbiguous, assignedId }: Channel): void {
    if (!isOwn || isAmbiguous || assignedId === undefined || token !== this.#freeToken) return;
    if (this.#free.length >= MAX_FREE) return;
    this.#free.push({ id, ackId: assignedId, sinceMs: this.#clock.monotonicMs() });
  }

  #eachItsOwn(nowMs: number): boolean {
    if (this.#ownSinceMs === undefined) return false;
    if (nowMs - Math.max(this.#ownSinceMs, this.#mixedMs) < this.#ownForMs) return true;
    this.#ownSinceMs = undefined;
    this.#ownForMs = Math.min(OWN_MAX_MS, 2 * this.#ownForMs);
    return false;
  }

  #own(token: Secret, nowMs: number): Channel {
    if (token !== this.#freeToken) this.#free = [];
    this.#freeToken = token;
    const last = this.#free.pop();
    const usable = last && nowMs - last.sinceMs <= CHANNEL_IDLE_MAX_MS;
    if (!usable) this.#free = []; // the others are even older
    return new Channel(usable ? last.id : this.#uuid(), token, nowMs, {
      generation: this.#generation,
      own: { assignedBefore: usable ? last.ackId : undefined },
    });
  }
}
