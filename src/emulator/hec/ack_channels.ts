import type { Clock } from "../../base/clock.ts";
import type { Fill } from "../core/hec/hec_settings.ts";

interface Channel {
  nextId: number;
  /** When each id that was issued and not yet reported becomes visible, by the monotonic clock. */
  readonly visibleAtMs: Map<number, number>;
  lastUseMs: number;
}

/** What bounds the tables. */
export interface AckChannelsOptions {
  readonly clock: Clock;
  readonly maxIdleMs: number;
  readonly maxAckChannels: number;
  readonly maxPendingAcksPerChannel: number;
  readonly pollsKeepChannel: boolean;
  readonly firstAckId: 0 | 1;
  readonly ackOverflow: "refuse" | "forget";
}

/** The ack ids of one indexer, by channel. They live in its memory only. */
export class AckChannels {
  readonly #options: AckChannelsOptions;
  readonly #channels = new Map<string, Channel>();

  constructor(options: AckChannelsOptions) {
    this.#options = options;
  }

  /** Channels that are remembered. */
  get size(): number {
    return this.#channels.size;
  }

  /** How full the channel is; one that would be one too many is full. */
  fill(name: string): Fill {
    const { maxPendingAcksPerChannel, maxAckChannels, ackOverflow } = this.#options;
    if (ackOverflow === "forget") return "ok";
    const channel = this.#find(name);
    if (!channel) {
      this.#forgetIdle();
      return this.#channels.size < maxAckChannels ? "ok" : "full";
    }
    const pending = channel.visibleAtMs.size;
    if (pending >= maxPendingAcksPerChannel) return "full";
    return pending >= 0.8 * maxPendingAcksPerChannel ? "warn" : "ok";
  }

  /**
   * Draws the next id of a channel.
   * @param visibleAtMs When a poll may report it, by the monotonic clock; `Infinity` for never.
   */
  issue(name: string, visibleAtMs: number): number {
    let channel = this.#find(name);
    channel ??= { nextId: this.#options.firstAckId, visibleAtMs: new Map(), lastUseMs: 0 };
    this.#channels.delete(name);
    this.#channels.set(name, channel); // behind those that were used before
    const { ackOverflow, maxAckChannels, maxPendingAcksPerChannel } = this.#options;
    if (ackOverflow === "forget") {
      forgetOldest(this.#channels, maxAckChannels);
      forgetOldest(channel.visibleAtMs, maxPendingAcksPerChannel - 1);
    }
    channel.lastUseMs = this.#options.clock.monotonicMs();
    channel.visibleAtMs.set(channel.nextId, visibleAtMs);
    return channel.nextId++;
  }

  /**
   * Answers a poll: true once for an id that is visible, and false for ever after; false also for an
   * id that is not visible yet, unknown, or forgotten.
   * @param nowMs By the monotonic clock.
   */
  poll(name: string, ids: Iterable<number>, nowMs: number): Map<number, boolean> {
    const channel = this.#find(name);
    if (channel && this.#options.pollsKeepChannel) channel.lastUseMs = nowMs;
    const answer = new Map<number, boolean>();
    for (const id of ids) {
      if (answer.has(id)) continue;
      const visible = (channel?.visibleAtMs.get(id) ?? Infinity) <= nowMs;
      if (visible) channel?.visibleAtMs.delete(id);
      answer.set(id, visible);
    }
    return answer;
  }

  /** Forgets everything, as a restart does. */
  clear(): void {
    this.#channels.clear();
  }

  #find(name: string): Channel | undefined {
    const channel = this.#channels.get(name);
    if (!channel || !this.#isIdle(channel)) return channel;
    this.#channels.delete(name);
    return undefined;
  }

  #forgetIdle(): void {
    for (const [name, channel] of this.#channels) {
      if (this.#isIdle(channel)) this.#channels.delete(name);
    }
  }

  #isIdle(channel: Channel): boolean {
    return this.#options.clock.monotonicMs() - channel.lastUseMs > this.#options.maxIdleMs;
  }
}

/** Leaves the `most` newest. */
function forgetOldest<K>(map: Map<K, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
