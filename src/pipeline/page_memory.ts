import type { SemaphoreGuard } from "../base/weighted_semaphore.ts";
import { BufferPool } from "./buffer_pool.ts";
import type { MemoryShare } from "./memory_budget.ts";

const SMALLEST_BUFFER_BYTES = 64 * 1024;

/**
 * The memory that the pulled pages of one source may take, over all its shards: reserved before a page is
 * pulled, so that a slow Splunk stops the pulling.
 */
export class PageMemory {
  readonly #share: MemoryShare;
  /** For bodies as they come. */
  readonly buffers: BufferPool;

  /** @param share A single larger page still gets its memory, when it is alone. */
  constructor(share: MemoryShare) {
    this.#share = share;
    this.buffers = new BufferPool(share.total, SMALLEST_BUFFER_BYTES);
  }

  /** Bytes that are reserved now. */
  get reservedBytes(): number {
    return this.#share.taken;
  }

  /**
   * Waits for the right to use `bytes`.
   * @throws the signal's reason when `signal` aborts first.
   */
  async reserve(bytes: number, signal: AbortSignal): Promise<SemaphoreGuard> {
    return await this.#share.acquire(bytes, signal);
  }

  /** The right to use `bytes`, if it can be had without waiting. */
  tryReserve(bytes: number): SemaphoreGuard | undefined {
    return this.#share.tryAcquire(bytes);
  }
}
