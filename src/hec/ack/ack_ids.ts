import { IdHoles } from "./id_holes.ts";

/** How a wait for an acknowledgement ended. */
export type AckResult =
  | "acked"
  | "timed_out"
  /** The indexer does not know the id. */
  | "broken"
  /** It said `true`, perhaps of other events: those of a request whose answer was lost. */
  | "doubtful";

/** What is known of the id that a request drew: its number, that it drew none, or nothing. */
export type DrawnId = number | "none" | "unknown";

interface PendingAck {
  readonly deadlineMs: number;
  /** When the wait began. */
  readonly sinceMs: number;
  readonly settle: (result: AckResult) => void;
}

/**
 * Ids that a request without an answer may account for: a gateway may send it twice by itself, and either may
 * leave a hole that hides an id which comes again.
 */
const IDS_PER_UNANSWERED = 4;

/**
 * The acknowledgement ids of one channel: those that were drawn and those that are waited for.
 *
 * An indexer counts them from 0. When it restarts it forgets them and counts from 0 again, so that `true` may
 * be said of other events than those that wait for that id. An answer whose id came before shows that. A
 * request whose answer is lost or late shows nothing: a `true` for an id so low that such requests may have
 * drawn it again is not believed before they are answered.
 */
export class AckIds {
  readonly #pending = new Map<number, PendingAck>();
  /** Those of which a poll said `true`: with the number of the last request that was sent by then. */
  readonly #doubted = new Map<number, number>();
  readonly #drawn = new IdHoles();
  #drawnCount = 0;
  #broken = false;
  /** Number of the last request that was sent. */
  #lastRequest = 0;
  /** Requests that are not answered yet. */
  readonly #open = new Set<number>();
  /** Requests of which nobody will ever know what they drew. */
  #unknown = 0;

  /** Ids that are waited for. */
  get pending(): readonly number[] {
    return [...this.#pending.keys()];
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Ids that requests drew. */
  get drawnCount(): number {
    return this.#drawnCount;
  }

  /** Whether nobody will ever answer for its ids. */
  get isBroken(): boolean {
    return this.#broken;
  }

  /** Whether new events must go out on another channel: what this one will say of them is not sure. */
  get isSpent(): boolean {
    return this.#broken || this.#unknown > 0;
  }

  /** A request with events is sent. @returns its number, for `end`. */
  begin(): number {
    this.#open.add(++this.#lastRequest);
    return this.#lastRequest;
  }

  /**
   * A request has ended. An id that came before breaks the channel: the indexer restarted, or it is another
   * one.
   */
  end(request: number, drawn: DrawnId): void {
    this.#open.delete(request);
    if (typeof drawn === "number") this.#drawnCount++;
    if (drawn === "unknown") this.#unknown++;
    else if (drawn !== "none" && !this.#drawn.take(drawn)) this.break();
    this.#settleDoubted();
  }

  /**
   * Waits for an id that a request drew.
   * @param deadlineMs For `expire`.
   * @param sinceMs Now, for `expireSince`.
   * @returns undefined when nobody will answer for it: the channel is broken.
   */
  expect(ackId: number, deadlineMs: number, sinceMs = 0): Promise<AckResult> | undefined {
    if (this.#broken) return undefined;
    const { promise, resolve } = Promise.withResolvers<AckResult>();
    this.#pending.set(ackId, { deadlineMs, sinceMs, settle: resolve });
    return promise;
  }

  /** A poll said `true` of the id. It counts once, for an id that is waited for. */
  acknowledge(ackId: number): void {
    if (!this.#pending.has(ackId) || this.#doubted.has(ackId)) return;
    this.#doubted.set(ackId, this.#lastRequest);
    this.#settleDoubted();
  }

  /** Gives up the ids whose time is over. @returns how many. */
  expire(nowMs: number): number {
    return this.#giveUp(({ deadlineMs }) => nowMs >= deadlineMs);
  }

  /** Gives up the ids that are waited for since `ms` or longer. @returns how many. */
  expireSince(ms: number): number {
    return this.#giveUp(({ sinceMs }) => sinceMs <= ms);
  }

  #giveUp(isLate: (pending: PendingAck) => boolean): number {
    const late = [...this.#pending].filter(([, pending]) => isLate(pending));
    for (const [ackId] of late) this.#settle(ackId, "timed_out");
    return late.length;
  }

  /** Waits no more for an id: its events are no longer ours to deliver. */
  forget(ackId: number): void {
    this.#settle(ackId, "broken");
  }

  /** Gives up all ids, those to come too: nobody will ever answer for them. */
  break(): void {
    this.#broken = true;
    for (const ackId of this.pending) this.#settle(ackId, "broken");
  }

  #settleDoubted(): void {
    for (const [ackId, lastRequest] of this.#doubted) {
      let open = 0;
      for (const request of this.#open) if (request <= lastRequest) open++;
      const unanswered = open + this.#unknown;
      if (ackId >= IDS_PER_UNANSWERED * unanswered) this.#settle(ackId, "acked");
      else if (open === 0) this.#settle(ackId, "doubtful"); // for ever
    }
  }

  #settle(ackId: number, result: AckResult): void {
    const pending = this.#pending.get(ackId);
    this.#pending.delete(ackId);
    this.#doubted.delete(ackId);
    pending?.settle(result);
  }
}
