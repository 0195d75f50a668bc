import type { EventOrigin } from "./received_event.ts";

/** The events of one request that wait to be indexed. */
export interface IndexingBatch {
  readonly origin: EventOrigin;
  /** Events that have an index to go to. */
  readonly eventCount: number;
}

interface Waiting extends IndexingBatch {
  readonly visibleAtMs: number;
  readonly indexer: number;
}

/** Events that were accepted with `useAck` and do not count as indexed yet. */
export class IndexingQueue {
  #waiting: Waiting[] = [];
  readonly #onIndexed: (batch: IndexingBatch) => void;
  readonly #onLost: (batch: IndexingBatch) => void;

  constructor(onIndexed: (batch: IndexingBatch) => void, onLost: (batch: IndexingBatch) => void) {
    this.#onIndexed = onIndexed;
    this.#onLost = onLost;
  }

  /**
   * @param visibleAtMs When its ack becomes visible, by the monotonic clock.
   * @param indexer Number of the indexer that has it.
   */
  add({ origin, eventCount }: IndexingBatch, visibleAtMs: number, indexer = 0): void {
    let at = this.#waiting.length;
    while (at > 0 && this.#waiting[at - 1]!.visibleAtMs > visibleAtMs) at--;
    this.#waiting.splice(at, 0, { origin, eventCount, visibleAtMs, indexer });
  }

  /** Marks as indexed the events that are due. */
  advance(nowMs: number): void {
    let due = 0;
    while (due < this.#waiting.length && this.#waiting[due]!.visibleAtMs <= nowMs) due++;
    for (const batch of this.#waiting.splice(0, due)) {
      batch.origin.state = "indexed";
      this.#onIndexed(batch);
    }
  }

  /**
   * Marks all waiting events as lost, as a crash does.
   *
   * @param indexer Only those of this indexer; by default those of all.
   */
  lose(indexer?: number): void {
    const isLost = (batch: Waiting) => indexer === undefined || batch.indexer === indexer;
    const lost = this.#waiting.filter(isLost);
    this.#waiting = this.#waiting.filter((batch) => !isLost(batch));
    for (const batch of lost) {
      batch.origin.state = "lost";
      this.#onLost(batch);
    }
  }
}
