/** How a wait for an acknowledgement ended. */
export type AckResult = "acked" | "timed_out" | "broken";

interface PendingAck {
  readonly deadlineMs: number;
  readonly settle: (result: AckResult) => void;
}

/**
 * Cookies of Amazon's application balancers: new with every answer though the indexer stays the same, so
 * that a change of theirs says nothing.
 */
const ROTATING_COOKIE = /^AWSALB/i;
/** Ids that may be missing between two answers that overtook each other. */
const MOST_HOLES = 10_000;

/**
 * A data channel: the name under which one endpoint's indexer keeps acknowledgements, with the cookies
 * that lead a balancer to that indexer, and the ids that are waited for.
 */
export class Channel {
  /** GUID in `X-Splunk-Request-Channel`. */
  readonly id: string;
  /** Used for new requests no more; polled until nothing is pending. */
  retired = false;
  lastUseMs: number;
  readonly #cookies = new Map<string, string>();
  readonly #pending = new Map<number, PendingAck>();
  #highestId = -1;
  /** Ids below the highest that have not come: their answers were overtaken by later ones. */
  readonly #holes = new Set<number>();
  #answers = 0;
  #opening: Promise<void> | undefined;

  constructor(id: string, nowMs: number) {
    this.id = id;
    this.lastUseMs = nowMs;
  }

  /** Ids that are waited for. */
  get pending(): readonly number[] {
    return [...this.#pending.keys()];
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** The `Cookie` header, or undefined. */
  get cookie(): string | undefined {
    if (this.#cookies.size === 0) return undefined;
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /**
   * Lets the first request of the channel go alone: its answer's cookies must go with all others, or they
   * reach other indexers.
   */
  async open<T>(send: () => Promise<T>): Promise<T> {
    while (this.#answers === 0 && this.#opening) await this.#opening;
    if (this.#answers > 0) return await send();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#opening = promise;
    try {
      return await send();
    } finally {
      this.#opening = undefined;
      resolve();
    }
  }

  /**
   * Keeps the cookies of an answer.
   * @returns false when a cookie changed after the first answer: the balancer now leads to another
   * indexer, which knows none of the pending ids.
   */
  keepCookies(setCookies: readonly string[]): boolean {
    let stuck = true;
    for (const header of setCookies) {
      const [pair = ""] = header.split(";", 1);
      const at = pair.indexOf("=");
      if (at <= 0) continue;
      const name = pair.slice(0, at).trim();
      const value = pair.slice(at + 1).trim();
      const changed = this.#answers > 0 && this.#cookies.get(name) !== value;
      if (changed && !ROTATING_COOKIE.test(name)) stuck = false;
      this.#cookies.set(name, value);
    }
    this.#answers++;
    return stuck;
  }

  /**
   * Waits for an id.
   * @returns undefined when the id came before: then the indexer restarted, or it is another one.
   */
  expect(ackId: number, deadlineMs: number): Promise<AckResult> | undefined {
    if (ackId <= this.#highestId && !this.#holes.delete(ackId)) return undefined;
    const firstHole = Math.max(this.#highestId + 1, ackId - MOST_HOLES);
    for (let hole = firstHole; hole < ackId; hole++) this.#holes.add(hole);
    this.#highestId = Math.max(this.#highestId, ackId);
    const { promise, resolve } = Promise.withResolvers<AckResult>();
    this.#pending.set(ackId, { deadlineMs, settle: resolve });
    return promise;
  }

  /**
   * Takes a poll's answer: `true` counts once, for an id that is waited for.
   * @returns whether the id was waited for.
   */
  acknowledge(ackId: number): boolean {
    return this.#settle(ackId, "acked");
  }

  /** Gives up the ids whose time is over. */
  expire(nowMs: number): number {
    const late = [...this.#pending].filter(([, { deadlineMs }]) => nowMs >= deadlineMs);
    for (const [ackId] of late) this.#settle(ackId, "timed_out");
    return late.length;
  }

  /** Gives up all ids: nobody will ever answer for them. */
  break(): void {
    this.retired = true;
    for (const ackId of this.pending) this.#settle(ackId, "broken");
  }

  #settle(ackId: number, result: AckResult): boolean {
    const waiting = this.#pending.get(ackId);
    this.#pending.delete(ackId);
    waiting?.settle(result);
    return waiting !== undefined;
  }
}
