import type { Channel } from "./channel.ts";

/** An idle server acknowledges after about a second. */
export const POLL_INTERVAL_MS = 1000;
/**
 * A channel for a single request is polled sooner at first, because a load balancer leads the polls to any indexer and
 * only one knows; then less and less often.
 */
const OWN_FIRST_MS = 250;
const OWN_FACTOR = 1.2;
const OWN_MAX_MS = 4000;
/** Polls in a row while few of them are pending: a load balancer that takes turns then reaches all indexers. */
const OWN_BURST = 4;
const OWN_FEW = 20;
/** Polls before new connections are made: a load balancer may lead each connection to one indexer. */
const OWN_POLLS_PER_CONNECTION = 6;

interface Plan {
  dueMs: number;
  /** Number of polls so far. */
  times: number;
  /** Whether it is due, or being polled. */
  queued: boolean;
}

/** Which channels of one endpoint have pending ids, and when each is polled. */
export class PollSchedule {
  readonly #random: () => number;
  readonly #plans = new Map<Channel, Plan>();
  #due: Channel[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  get isEmpty(): boolean {
    return this.#plans.size === 0;
  }

  get channels(): readonly Channel[] {
    return [...this.#plans.keys()];
  }

  /** Whether any is for a single request, and polled sooner. */
  get hasOwn(): boolean {
    return this.channels.some(({ isOwn }) => isOwn);
  }

  /** Number of channels that are due. */
  get dueCount(): number {
    return this.#due.length;
  }

  /** Whether a due channel was polled so often that the connections may lead to the wrong indexers. */
  get needsConnections(): boolean {
    return this.#due.some((channel) =>
      channel.isOwn && (this.#plans.get(channel)?.times ?? 0) >= OWN_POLLS_PER_CONNECTION
    );
  }

  add(channel: Channel, nowMs: number): void {
    if (this.#plans.has(channel)) return;
    const dueMs = channel.isOwn ? nowMs + POLL_INTERVAL_MS : nowMs;
    this.#plans.set(channel, { dueMs, times: 0, queued: false });
  }

  remove(channel: Channel): void {
    this.#plans.delete(channel);
  }

  /**
   * @param all Also channels that are not due yet.
   */
  queueDue(nowMs: number, all: boolean): void {
    for (const [channel, plan] of this.#plans) {
      if (plan.queued || plan.dueMs > nowMs && !all) continue;
      plan.queued = true;
      this.#due.push(channel);
    }
    // In a fixed order, a load balancer that takes turns would reach the same wrong indexer again and again.
    shuffle(this.#due, this.#random);
  }

  /** Takes the next due channel. */
  next(): Channel | undefined {
    return this.#due.pop();
  }

  /** Polls none of the due channels now. */
  dropDue(): void {
    for (const channel of this.#due.splice(0)) {
      const plan = this.#plans.get(channel);
      if (plan) plan.queued = false;
    }
  }

  /** Number of polls in a row for a channel. */
  burstOf({ isOwn }: Channel): number {
    return isOwn && this.#plans.size <= OWN_FEW ? OWN_BURST : 1;
  }

  /** A channel was polled. */
  polled(channel: Channel, nowMs: number): void {
    const plan = this.#plans.get(channel);
    if (!plan) return;
    plan.queued = false;
    plan.dueMs = nowMs +
      (channel.isOwn
        ? Math.min(OWN_MAX_MS, OWN_FIRST_MS * OWN_FACTOR ** plan.times)
        : POLL_INTERVAL_MS);
    plan.times++;
  }
}

function shuffle<T>(items: T[], random: () => number): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
}
