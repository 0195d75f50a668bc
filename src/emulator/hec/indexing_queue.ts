import type { EventOrigin } from "./received_event.ts";

/** The events of one request, on their way into the index. */
export interface IndexingBatch {
  readonly origin: EventOrigin;
  /** Events that have an index to go to. */
  readonly eventCount: number;
}

interface Waiting extends IndexingBatch {
  readonly visibleAtMs: number;
}

/** What has been accepted with `useAck` and does not count as indexed yet. */
export class IndexingQueue {
  #waiting: Waiting[] = [];
  readonly #onIndexed: (batch: IndexingBatch) => void;
  readonly #onLost: (batch: IndexingBatch) => void;

  constructor(onIndexed: (batch: IndexingBatch) => void, onLost: (batch: IndexingBatch) => void) {
    this.#onIndexed = onIndexed;
    this.#onLost = onLost;
  }

  /** @param visibleAtMs When its ack becomes visible, by the monotonic clock. */
  add({ origin, eventCount }: IndexingBatch, visibleAtMs: number): void {
    let at = this.#waiting.length;
    while (at > 0 && this.#waiting[at - 1]!.visibleAtMs > visibleAtMs) at--;
    this.#waiting.splice(at, 0, { origin, eventCount, visibleAtMs });
  }

  /** Marks as indexed what is due. */
  advance(nowMs: number): void {
    let due = 0;
    while (due < this.#waiting.length && this.#waiting[due]!.visibleAtMs <= nowMs) due++;
    for (const batch of this.#waiting.splice(0, due)) {
      batch.origin.state = "indexed";
      this.#onIndexed(batch);
    }
  }

  /** Marks everything that waits as lost, as a crash does. */
  lose(): void {
    for (const batch of this.#waiting.splice(0)) {
      batch.origin.state = "lost";
      this.#onLost(batch);
    }
  }
}
