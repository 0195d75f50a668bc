import type { Clock } from "../../base/clock.ts";
import type { Secret } from "../../base/secret.ts";
import type { DrawnId } from "./ack_ids.ts";
import { Channel } from "./channel.ts";

/**
 * The server forgets the ids of a channel that is idle for 600 s; a fresh one is used well before. Whether
 * polls keep a channel from being idle is not known: only events count.
 */
const CHANNEL_IDLE_MAX_MS = 500_000;
/** How long each request has a channel of its own before one channel for all is tried again; doubled each time. */
const OWN_FIRST_MS = 600_000;
const OWN_MAX_MS = 24 * 3_600_000;
/** Names that wait for their next request: more than requests that ever wait for acknowledgement at once. */
const MOST_FREE = 10_000;

interface FreeName {
  readonly id: string;
  /** The last id that its request drew. */
  readonly ackId: number;
  readonly sinceMs: number;
}

export interface ChannelsOptions {
  readonly clock: Clock;
  /** Makes channel names. */
  readonly uuid: () => string;
}

/**
 * The data channels of one endpoint.
 *
 * All events go out on one, as Splunk advises, while one indexer answers for it. A channel that breaks shows
 * that several may do, each with ids of its own from 0: then each request gets a channel of its own, so that
 * `true` can only be said of its events, by whichever indexer has them. Such a name is used again once its
 * request is acknowledged, as that indexer then waits for no more of it; where anything leaves a doubt that a
 * second copy of the request reached another indexer, it is not.
 */
export class Channels {
  readonly #options: ChannelsOptions;
  #shared: Channel | undefined;
  /** Of connections: channels belong to those they were made for. */
  #generation = 0;
  /** Whether two ids in a row came from one indexer. */
  #proven = false;
  readonly #broken = new WeakSet<Channel>();
  #ownSinceMs: number | undefined;
  /** When an id last showed that several indexers answer. */
  #mixedMs = -Infinity;
  #ownForMs = OWN_FIRST_MS;
  #free: FreeName[] = [];
  #freeToken: Secret | undefined;

  constructor(options: ChannelsOptions) {
    this.#options = options;
  }

  /**
   * The channel for a request with events.
   * @param acks Whether they wait for acknowledgement.
   */
  take(token: Secret, acks: boolean): Channel {
    const nowMs = this.#options.clock.monotonicMs();
    if (acks && this.#eachItsOwn(nowMs)) return this.#own(token, nowMs);
    const { ackIds, lastUseMs } = this.#shared ?? {};
    if (lastUseMs !== undefined && nowMs - lastUseMs > CHANNEL_IDLE_MAX_MS || ackIds?.isSpent) {
      this.#shared = undefined;
    }
    // Whether two tokens share the ids of a channel is not known: each gets its own.
    if (this.#shared?.token !== token) this.#shared = undefined;
    return this.#shared ??= new Channel(this.#options.uuid(), token, nowMs, {
      generation: this.#generation,
      careful: !this.#proven,
    });
  }

  /** New events go out on a new channel; ids of the old one may still be waited for. */
  retire(channel: Channel): void {
    if (this.#shared === channel) this.#shared = undefined;
  }

  /**
   * New channels go with new connections.
   * @returns false, with nothing done, when the channel is of older ones: another request saw the same.
   */
  renewConnections(channel?: Channel): boolean {
    if (channel && channel.generation !== this.#generation) return false;
    this.#generation++;
    this.#shared = undefined;
    return true;
  }

  /** Events were answered on the channel. */
  answered(channel: Channel, drawn: DrawnId): void {
    if (channel.isOwn) {
      if (typeof drawn !== "number") return;
      channel.drawnId = drawn;
      const { drawnBefore } = channel;
      const mixed = drawnBefore !== undefined && drawn !== drawnBefore + 1;
      if (mixed) this.#mixedMs = this.#options.clock.monotonicMs();
    } else if (channel.ackIds.drawnCount > 1 && !channel.ackIds.isBroken) this.#proven = true;
    this.checkBroken(channel);
  }

  /** From the first break of a channel on each request gets its own. */
  checkBroken(channel: Channel): void {
    if (channel.isOwn || !channel.ackIds.isBroken || this.#broken.has(channel)) return;
    this.#broken.add(channel);
    this.#mixedMs = this.#options.clock.monotonicMs();
    this.#ownSinceMs ??= this.#mixedMs;
    this.#proven = false;
    this.retire(channel);
  }

  /** The one request of the channel is acknowledged. */
  acknowledged({ id, token, isOwn, isDoubted, drawnId }: Channel): void {
    if (!isOwn || isDoubted || drawnId === undefined || token !== this.#freeToken) return;
    if (this.#free.length >= MOST_FREE) return;
    this.#free.push({ id, ackId: drawnId, sinceMs: this.#options.clock.monotonicMs() });
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
    if (!usable) this.#free = []; // those below wait even longer
    return new Channel(usable ? last.id : this.#options.uuid(), token, nowMs, {
      generation: this.#generation,
      own: { drawnBefore: usable ? last.ackId : undefined },
    });
  }
}
