import type { HecAnswer } from "../hec_answer.ts";
import { IdGaps } from "./id_gaps.ts";

/** How a wait for an acknowledgement ended. */
export type AckResult =
  | "acked"
  | "timed_out"
  /** The indexer does not know the id. */
  | "invalidated"
  /** The answer was `true`, but perhaps for other events: those of a request whose answer was lost. */
  | "ambiguous";

/** The id that HEC assigned to a request: its number, that there is none, or that it is unknown. */
export type AssignedId = number | "none" | "unknown";

/** 9 busy, 23 shutting down. */
const ACCEPTED_NOTHING = new Set([9, 23]);

/** What an answer says about the id of its request: a server in trouble may have accepted the events. */
export function assignedId(
  { ackId, ackIdUnreadable, status, code, invalidEventNumber }: HecAnswer,
): AssignedId {
  if (ackId !== undefined) return ackId;
  if (ackIdUnreadable) return "unknown";
  // HEC's own codes for "accepted nothing", unless a busy server names the event at which it stopped.
  if (ACCEPTED_NOTHING.has(code ?? -1) && !invalidEventNumber) return "none";
  return status >= 500 || status === 408 ? "unknown" : "none";
}

interface PendingAck {
  readonly deadlineMs: number;
  /** When the wait began. */
  readonly sinceMs: number;
  readonly settle: (result: AckResult) => void;
}

/**
 * Ids that a request without an answer may have used: a gateway may send it twice by itself, and each copy may leave a
 * gap that hides an id which is assigned again.
 */
const IDS_PER_UNANSWERED = 4;

/**
 * The acknowledgement ids of one channel: assigned and pending ones.
 *
 * An indexer counts them from 0. After a restart it has forgotten them and counts from 0 again, so a `true` may be about
 * other events than those that wait for the id. An answer with an id that was assigned before shows that. A request whose
 * answer is lost or late shows nothing: a `true` for an id so low that such requests may have been assigned it again is
 * not believed until they are answered.
 */
export class AckIds {
  readonly #pending = new Map<number, PendingAck>();
  /** Ids that a poll answered with `true`, with the number of the last request sent by then. */
  readonly #unconfirmed = new Map<number, number>();
  readonly #assigned = new IdGaps();
  #assignedCount = 0;
  #isInvalidated = false;
  /** Number of the last request that was sent. */
  #lastRequest = 0;
  /** Requests without an answer so far. */
  readonly #open = new Set<number>();
  /** Number of requests whose id will never be known. */
  #unknown = 0;

  /** Ids that are pending. */
  get pending(): readonly number[] {
    return [...this.#pending.keys()];
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Number of ids that were assigned to requests. */
  get assignedCount(): number {
    return this.#assignedCount;
  }

  /** Whether its ids will never be answered for. */
  get isInvalidated(): boolean {
    return this.#isInvalidated;
  }

  /** Whether new events need another channel: answers of this one would be ambiguous. */
  get isUnusable(): boolean {
    return this.#isInvalidated || this.#unknown > 0;
  }

  /**
   * A request with events is sent.
   * @returns its number, for `end`.
   */
  begin(): number {
    this.#open.add(++this.#lastRequest);
    return this.#lastRequest;
  }

  /** A request has ended. An id that was assigned before invalidates the channel: another indexer, or a restarted one. */
  end(request: number, assigned: AssignedId): void {
    this.#open.delete(request);
    if (typeof assigned === "number") this.#assignedCount++;
    if (assigned === "unknown") this.#unknown++;
    else if (assigned !== "none" && !this.#assigned.add(assigned)) this.invalidate();
    this.#settleUnconfirmed();
  }

  /**
   * Waits for an id that was assigned to a request.
   * @param deadlineMs For `expire`.
   * @param sinceMs Now, for `expireSince`.
   * @returns undefined when the channel is invalidated.
   */
  expect(ackId: number, deadlineMs: number, sinceMs = 0): Promise<AckResult> | undefined {
    if (this.#isInvalidated) return undefined;
    const { promise, resolve } = Promise.withResolvers<AckResult>();
    this.#pending.set(ackId, { deadlineMs, sinceMs, settle: resolve });
    return promise;
  }

  /** A poll answered `true` for the id. It counts once, for a pending id. */
  acknowledge(ackId: number): void {
    if (!this.#pending.has(ackId) || this.#unconfirmed.has(ackId)) return;
    this.#unconfirmed.set(ackId, this.#lastRequest);
    this.#settleUnconfirmed();
  }

  /**
   * Gives up the ids whose deadline has passed.
   * @returns how many.
   */
  expire(nowMs: number): number {
    return this.#giveUp(({ deadlineMs }) => nowMs >= deadlineMs);
  }

  /**
   * Gives up the ids that have been pending since `ms` or longer.
   * @returns how many.
   */
  expireSince(ms: number): number {
    return this.#giveUp(({ sinceMs }) => sinceMs <= ms);
  }

  #giveUp(isLate: (pending: PendingAck) => boolean): number {
    const late = [...this.#pending].filter(([, pending]) => isLate(pending));
    for (const [ackId] of late) this.#settle(ackId, "timed_out");
    return late.length;
  }

  /** Stops waiting for an id: another consumer owns its events. */
  forget(ackId: number): void {
    this.#settle(ackId, "invalidated");
  }

  /** Gives up all ids, also later ones: they will never be answered for. */
  invalidate(): void {
    this.#isInvalidated = true;
    for (const ackId of this.pending) this.#settle(ackId, "invalidated");
  }

  #settleUnconfirmed(): void {
    for (const [ackId, lastRequest] of this.#unconfirmed) {
      let open = 0;
      for (const request of this.#open) if (request <= lastRequest) open++;
      const unanswered = open + this.#unknown;
      if (ackId >= IDS_PER_UNANSWERED * unanswered) this.#settle(ackId, "acked");
      else if (open === 0) this.#settle(ackId, "ambiguous"); // nothing can confirm it any more
    }
  }

  #settle(ackId: number, result: AckResult): void {
    const pending = this.#pending.get(ackId);
    this.#pending.delete(ackId);
    this.#unconfirmed.delete(ackId);
    pending?.settle(result);
  }
}
