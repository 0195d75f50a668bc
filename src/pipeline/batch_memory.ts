import { abortable } from "../base/abortable.ts";
import type { SemaphoreGuard } from "../base/weighted_semaphore.ts";
import { core } from "../core/core.ts";
import { BatchBuffer } from "../core/batch_buffer.ts";
import { BufferPool } from "./buffer_pool.ts";
import type { MemoryShare } from "./memory_budget.ts";

/** What a draft may come to beside its events: where each ends, and what a body is larger by that does not compress. */
const MEMORY_FACTOR = 1.25;

/** Few events may wait long for their acknowledgement. */
const SMALLEST_BODY_BYTES = 4 * 1024;

/** What one batch may take while it fills. @param batchMaxBytes Of its events. */
export function bytesPerBatch(batchMaxBytes: number): number {
  return Math.ceil(batchMaxBytes * MEMORY_FACTOR);
}

/** A batch that somebody fills or sends, with the right to its memory. */
export interface BatchInUse {
  /** Its events until it is full. */
  readonly draft: BatchBuffer;
  /** Tells that the draft has been packed into `bytes`; it must not be touched any more. */
  packed(bytes: number): void;
  /** Gives the memory back; neither draft nor batch must be touched any more. */
  release(): void;
}

/**
 * The memory that the batches of one source may take, over all its shards: from the first event until the
 * outcome is final. When it is used up, building waits, and with it the pulling.
 */
export class BatchMemory {
  /** Bytes of the events of one batch. */
  readonly batchMaxBytes: number;
  /** For bodies of packed batches. */
  readonly bodies: BufferPool;
  readonly #share: MemoryShare;
  readonly #bytesPerBatch: number;
  readonly #free: BatchBuffer[] = [];
  readonly #mostFree: number;
  /** Send off the batches that still fill, the oldest first. */
  readonly #filling = new Set<() => void>();
  #waiting = 0;
  #change = Promise.withResolvers<void>();

  /** @param share For all batches together. */
  constructor(share: MemoryShare, batchMaxBytes: number) {
    this.batchMaxBytes = batchMaxBytes;
    this.#share = share;
    this.bodies = new BufferPool(share.total, SMALLEST_BODY_BYTES);
    this.#bytesPerBatch = bytesPerBatch(batchMaxBytes);
    this.#mostFree = Math.max(1, Math.floor(share.total / this.#bytesPerBatch / 8));
  }

  /** Bytes that batches hold or may still grow to. */
  get reservedBytes(): number {
    return this.#share.taken;
  }

  /** Whether somebody waits for memory, or soon will: a batch that only waits to fill is then better sent off. */
  get isAwaited(): boolean {
    return this.#waiting > 0 || this.#share.isShort === true;
  }

  /** Whether a batch could be filled, and others be packed into `bytes`, without waiting. */
  hasRoom(bytes: number): boolean {
    if (this.#share.taken === 0) return true; // what is alone gets what it needs
    const permit = this.#share.tryAcquire(this.#bytesPerBatch + bytes);
    permit?.release();
    return permit !== undefined;
  }

  /**
   * Waits until there is room as `hasRoom` means it.
   * @throws the signal's reason when `signal` aborts first.
   */
  async room(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#waiting++;
    try {
      while (!this.hasRoom(bytes)) {
        const { promise } = this.#change;
        this.#sendOldest();
        await abortable(promise, signal);
      }
    } finally {
      this.#waiting--;
    }
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

  #inUse(permit: SemaphoreGuard, sendOff: () => void): BatchInUse {
    this.#filling.add(sendOff);
    let draft: BatchBuffer | undefined = this.#free.pop() ?? new BatchBuffer();
    const giveDraftBack = () => {
      this.#filling.delete(sendOff);
      if (!draft) return;
      core.clear(draft);
      // A buffer that one huge event made is not kept.
      const usual = draft.capacityBytes <= this.#bytesPerBatch;
      if (usual && this.#free.length < this.#mostFree) this.#free.push(draft);
      draft = undefined;
    };
    return {
      draft,
      packed: (bytes) => {
        giveDraftBack();
        permit.shrink(Math.max(1, bytes));
        this.#tell();
      },
      release: () => {
        giveDraftBack();
        permit.release();
        this.#tell();
      },
    };
  }

  /** Many shards with little each would otherwise hold all memory until their batches are old. */
  async #wait(signal: AbortSignal): Promise<SemaphoreGuard> {
    this.#waiting++;
    try {
      this.#sendOldest();
      return await this.#share.acquire(this.#bytesPerBatch, signal);
    } finally {
      this.#waiting--;
    }
  }

  #sendOldest(): void {
    const [oldest] = this.#filling;
    if (!oldest) return;
    this.#filling.delete(oldest);
    oldest();
  }

  #tell(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }
}
