import type { Clock } from "../../base/clock.ts";
import type { Fill, HecLimits, HecSwitches } from "./hec_settings.ts";

interface Channel {
  nextId: number;
  /** By issued and unreported id: when it becomes visible, by the monotonic clock. */
  readonly visibleAtMs: Map<number, number>;
  lastUseMs: number;
}

/** The ack ids of one indexer, by channel. They are kept in memory only. */
export class AckChannels {
  readonly #clock: Clock;
  readonly #limits: HecLimits;
  readonly #switches: HecSwitches;
  readonly #channels = new Map<string, Channel>();

  constructor(clock: Clock, limits: HecLimits, switches: HecSwitches) {
    this.#clock = clock;
    this.#limits = limits;
    this.#switches = switches;
  }

  /** Number of known channels. */
  get size(): number {
    return this.#channels.size;
  }

  /** How full the channel is; a new channel above the limit is full. */
  fill(name: string): Fill {
    const { maxPendingAcksPerChannel, maxAckChannels } = this.#limits;
    if (this.#switches.ackOverflow === "forget") return "ok";
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
   * Issues the next id of a channel.
   *
   * @param visibleAtMs When a poll may report it, by the monotonic clock; `Infinity` for never.
   */
  issue(name: string, visibleAtMs: number): number {
    let channel = this.#find(name);
    channel ??= { nextId: this.#switches.firstAckId, visibleAtMs: new Map(), lastUseMs: 0 };
    this.#channels.delete(name);
    this.#channels.set(name, channel); // the last used comes last
    const { maxAckChannels, maxPendingAcksPerChannel } = this.#limits;
    if (this.#switches.ackOverflow === "forget") {
      forgetOldest(this.#channels, maxAckChannels);
      forgetOldest(channel.visibleAtMs, maxPendingAcksPerChannel - 1);
    }
    channel.lastUseMs = this.#clock.monotonicMs();
    channel.visibleAtMs.set(channel.nextId, visibleAtMs);
    return channel.nextId++;
  }

  /**
   * Answers a poll: true once for an id that is visible, and false from then on; false also for an
   * id that is not visible yet, unknown, or forgotten.
   *
   * @param nowMs By the monotonic clock.
   */
  poll(name: string, ids: Iterable<number>, nowMs: number): Map<number, boolean> {
    const channel = this.#find(name);
    if (channel && this.#switches.pollsKeepChannel) channel.lastUseMs = nowMs;
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
    return this.#clock.monotonicMs() - channel.lastUseMs > this.#limits.maxIdleMs;
  }
}

/** Keeps the `max` newest. */
function forgetOldest<K>(map: Map<K, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
