import type { Channel } from "./channel.ts";

/** An idle server acknowledges after about a second. */
export const POLL_INTERVAL_MS = 1000;
/**
 * A channel for one request is asked about sooner, as a balancer leads the polls to any indexer and only one
 * knows; then less and less often.
 */
const OWN_FIRST_MS = 250;
const OWN_FACTOR = 1.2;
const OWN_MAX_MS = 4000;
/** While few of them wait each is asked about so often in a row: a balancer that takes turns gets to all indexers. */
const OWN_BURST = 4;
const OWN_FEW = 20;
/** A balancer may lead each connection to one indexer: after so many polls others are to be made. */
const OWN_POLLS_PER_CONNECTION = 6;

interface Plan {
  dueMs: number;
  /** Times that it was asked about. */
  times: number;
  /** Whether it is to be asked about now, or is just asked about. */
  queued: boolean;
}

/** Which channels of one endpoint have ids that are waited for, and when each is asked about. */
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

  /** Whether any is for one request, and asked about sooner. */
  get hasOwn(): boolean {
    return this.channels.some(({ isOwn }) => isOwn);
  }

  /** Channels that are to be asked about now. */
  get dueCount(): number {
    return this.#due.length;
  }

  /** Whether one that is due was asked about so often that the connections may lead to the wrong indexers. */
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

  /** @param all Also those whose time has not come. */
  queueDue(nowMs: number, all: boolean): void {
    for (const [channel, plan] of this.#plans) {
      if (plan.queued || plan.dueMs > nowMs && !all) continue;
      plan.queued = true;
      this.#due.push(channel);
    }
    // In the same order each time a balancer that takes turns would ask the same wrong indexer again and again.
    shuffle(this.#due, this.#random);
  }

  /** The next one that is to be asked about now. */
  next(): Channel | undefined {
    return this.#due.pop();
  }

  /** Asks about none of them now. */
  dropDue(): void {
    for (const channel of this.#due.splice(0)) {
      const plan = this.#plans.get(channel);
      if (plan) plan.queued = false;
    }
  }

  /** How often in a row a channel is asked about. */
  burstOf({ isOwn }: Channel): number {
    return isOwn && this.#plans.size <= OWN_FEW ? OWN_BURST : 1;
  }

  /** It was asked about. */
  asked(channel: Channel, nowMs: number): void {
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
