import type { Permit } from "../base/permits.ts";
import { Batch } from "../hec/batch.ts";
import type { MemoryShare } from "./memory_shares.ts";

/** What a batch is when it is new; it grows as it fills. */
const FIRST_CAPACITY_BYTES = 64 * 1024;
/** What a full batch may come to: its buffer grows by doubling, and its compressed form lies beside it. */
const MEMORY_FACTOR = 2.5;

/** What one batch may take. @param batchMaxBytes Of its events. */
export function bytesPerBatch(batchMaxBytes: number): number {
  return Math.ceil(batchMaxBytes * MEMORY_FACTOR);
}

/** A batch that somebody fills or sends, with the right to its memory. */
export interface BatchInUse {
  readonly batch: Batch;
  /** Tells that no more events come into the batch. */
  full(): void;
  /** Gives the memory back; the batch must not be touched any more. */
  release(): void;
}

/**
 * The memory that the batches of one source may take, over all its shards: from the first event until the outcome is final. When
 * it is used up, building waits, and with it the pulling.
 */
export class BatchMemory {
  readonly #share: MemoryShare;
  readonly #bytesPerBatch: number;
  readonly #free: Batch[] = [];
  readonly #mostFree: number;
  /** Send off the batches that still fill, the oldest first. */
  readonly #filling = new Set<() => void>();
  #waiting = 0;

  /**
   * @param share For all batches together.
   * @param batchMaxBytes Of the events of one batch.
   */
  constructor(share: MemoryShare, batchMaxBytes: number) {
    this.#share = share;
    this.#bytesPerBatch = bytesPerBatch(batchMaxBytes);
    this.#mostFree = Math.max(1, Math.floor(share.total / this.#bytesPerBatch / 2));
  }

  /** Bytes that batches hold or may still grow to. */
  get reservedBytes(): number {
    return this.#share.taken;
  }

  /** Whether somebody waits for memory: a batch that only waits to fill is then better sent off. */
  get isAwaited(): boolean {
    return this.#waiting > 0;
  }

  /**
   * Waits for memory and gives an empty batch.
   * @param sendOff Called at most once, when others need the memory while the batch still fills.
   * @throws the signal's reason when `signal` aborts first.
   */
  async take(signal: AbortSignal, sendOff = () => {}): Promise<BatchInUse> {
    return this.tryTake(sendOff) ?? this.#inUse(await this.#wait(signal), sendOff);
  }

  /** An empty batch, if there is memory for it now. */
  tryTake(sendOff = () => {}): BatchInUse | undefined {
    const permit = this.#share.tryAcquire(this.#bytesPerBatch);
    return permit && this.#inUse(permit, sendOff);
  }

  #inUse(permit: Permit, sendOff: () => void): BatchInUse {
    this.#filling.add(sendOff);
    const batch = this.#free.pop() ?? new Batch(FIRST_CAPACITY_BYTES);
    batch.clear();
    return {
      batch,
      full: () => void this.#filling.delete(sendOff),
      release: () => {
        this.#filling.delete(sendOff);
        if (permit.count === 0) return;
        permit.release();
        // A buffer that one huge event made is not kept.
        const usual = batch.capacityBytes <= this.#bytesPerBatch;
        if (usual && this.#free.length < this.#mostFree) this.#free.push(batch);
      },
    };
  }

  /** Many shards with little each would otherwise hold all memory until their batches are old. */
  async #wait(signal: AbortSignal): Promise<Permit> {
    this.#waiting++;
    try {
      const [oldest] = this.#filling;
      if (oldest) {
        this.#filling.delete(oldest);
        oldest();
      }
      return await this.#share.acquire(this.#bytesPerBatch, signal);
    } finally {
      this.#waiting--;
    }
  }
}
