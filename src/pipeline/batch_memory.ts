import { Condition } from "../base/condition.ts";
import { core } from "../core/core.ts";
import { BatchBuffer } from "../core/batch_buffer.ts";
import { BufferPool } from "./buffer_pool.ts";
import type { MemoryShare, Reservation } from "./memory_budget.ts";

/** Memory of a batch for each byte of its events: also their ends, and the growth of a body that does not compress. */
const MEMORY_FACTOR = 1.25;

/** Small bodies may wait long for their acknowledgement. */
const MIN_BODY_BYTES = 4 * 1024;

/**
 * Memory that one batch may take while it fills.
 * @param batchMaxBytes Of its events.
 */
export function bytesPerBatch(batchMaxBytes: number): number {
  return Math.ceil(batchMaxBytes * MEMORY_FACTOR);
}

/** A batch that is being filled or sent, with the right to its memory. Disposing gives the memory back. */
export interface BatchInUse extends Disposable {
  /** Its events until it is full. */
  readonly buffer: BatchBuffer;
  /**
   * Keeps only the memory of the packed batch. The buffer must not be used any more.
   * @param bytes Of the packed batch.
   */
  packed(bytes: number): void;
}

/**
 * The memory that the batches of one source may take, over all its shards: from the first event until the outcome is
 * final. When it is used up, building waits, and pulling with it.
 */
export class BatchMemory {
  /** Bytes of the events of one batch. */
  readonly batchMaxBytes: number;
  /** For bodies of packed batches. */
  readonly bodies: BufferPool;
  readonly #share: MemoryShare;
  readonly #bytesPerBatch: number;
  readonly #free: BatchBuffer[] = [];
  /** Send off the batches that are still being filled, the oldest first. */
  readonly #filling = new Set<() => void>();
  #waiting = 0;
  readonly #returned = new Condition();

  /**
   * @param share For all batches together.
   */
  constructor(share: MemoryShare, batchMaxBytes: number) {
    this.batchMaxBytes = batchMaxBytes;
    this.#share = share;
    this.bodies = new BufferPool(() => share.ownBytes, MIN_BODY_BYTES);
    this.#bytesPerBatch = bytesPerBatch(batchMaxBytes);
  }

  /** Whether memory is waited for, or soon will be: a batch that only waits to fill is then better sent off. */
  get isAwaited(): boolean {
    return this.#waiting > 0 || this.#share.isShort;
  }

  /** Whether a batch could be filled, and others be packed into `bytes`, without waiting. */
  hasRoom(bytes: number): boolean {
    return this.#share.hasRoom(this.#bytesPerBatch + bytes);
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
        this.#sendOldest();
        if (!this.hasRoom(bytes)) await this.#returned.wait(signal);
      }
    } finally {
      this.#waiting--;
    }
  }

  /**
   * Waits for memory and gives an empty batch.
   * @param sendOff Called at most once, when others need the memory while the batch is still being filled.
   * @throws the signal's reason when `signal` aborts first.
   */
  async take(signal: AbortSignal, sendOff = () => {}): Promise<BatchInUse> {
    return this.tryTake(sendOff) ?? this.#inUse(await this.#wait(signal), sendOff);
  }

  /**
   * Gives an empty batch, if there is memory for it now.
   * @param sendOff As of `take`.
   */
  tryTake(sendOff = () => {}): BatchInUse | undefined {
    const reservation = this.#share.tryReserve(this.#bytesPerBatch);
    return reservation && this.#inUse(reservation, sendOff);
  }

  #inUse(reservation: Reservation, sendOff: () => void): BatchInUse {
    this.#filling.add(sendOff);
    const buffer = this.#free.pop() ?? new BatchBuffer();
    let isFilling = true;
    const endFilling = () => {
      if (!isFilling) return;
      isFilling = false;
      this.#filling.delete(sendOff);
      this.#takeBack(buffer);
    };
    return {
      buffer,
      packed: (bytes) => {
        endFilling();
        reservation.shrink(Math.max(1, bytes));
        this.#returned.notify();
      },
      [Symbol.dispose]: () => {
        endFilling();
        reservation[Symbol.dispose]();
        this.#returned.notify();
      },
    };
  }

  /** Keeps a buffer for the next batch, but not one that a huge event has made large. */
  #takeBack(buffer: BatchBuffer): void {
    core.clear(buffer);
    if (buffer.capacityBytes > this.#bytesPerBatch) return;
    const maxFree = Math.max(1, Math.floor(this.#share.ownBytes / this.#bytesPerBatch / 8));
    if (this.#free.length < maxFree) this.#free.push(buffer);
  }

  /** Many shards with few events each would otherwise hold all memory until their batches are old. */
  async #wait(signal: AbortSignal): Promise<Reservation> {
    this.#waiting++;
    try {
      this.#sendOldest();
      return await this.#share.reserve(this.#bytesPerBatch, signal);
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
}
