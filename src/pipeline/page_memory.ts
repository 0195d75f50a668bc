import type { Permit } from "../base/permits.ts";
import type { MemoryShare } from "./memory_shares.ts";

const SMALLEST_BUFFER_BYTES = 64 * 1024;

/**
 * The memory that the pulled pages of one source may take, over all its shards: reserved before a page is pulled, so that a slow
 * Splunk stops the pulling, and buffers that are used again and again.
 */
export class PageMemory {
  readonly #share: MemoryShare;
  /** Buffers that wait to be used again, the one given back last at the end. */
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #freeBytes = 0;
  #usedBytes = 0;

  /** @param share A single larger page still gets its memory, when it is alone. */
  constructor(share: MemoryShare) {
    this.#share = share;
  }

  /** Bytes that are reserved now. */
  get reservedBytes(): number {
    return this.#share.taken;
  }

  /**
   * Waits for the right to use `bytes`.
   * @throws the signal's reason when `signal` aborts first.
   */
  async reserve(bytes: number, signal: AbortSignal): Promise<Permit> {
    return await this.#share.acquire(bytes, signal);
  }

  /** The right to use `bytes`, if it can be had without waiting. */
  tryReserve(bytes: number): Permit | undefined {
    return this.#share.tryAcquire(bytes);
  }

  /** A buffer of `capacityFor(bytes)`; what it holds is left over from before. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const capacity = capacityFor(bytes);
    const at = this.#free.findLastIndex(({ length }) => length === capacity);
    const found = at < 0 ? undefined : this.#free.splice(at, 1)[0];
    if (found) this.#freeBytes -= capacity;
    this.#usedBytes += capacity;
    this.#trim();
    return found ?? new Uint8Array(capacity);
  }

  /** Takes a buffer back. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    this.#usedBytes -= buffer.length;
    this.#freeBytes += buffer.length;
    this.#free.push(buffer);
    this.#trim();
  }

  /** Drops the oldest free buffers while used and free ones together are more than the source's own part. */
  #trim(): void {
    while (this.#free.length > 0 && this.#usedBytes + this.#freeBytes > this.#share.total) {
      this.#freeBytes -= this.#free.shift()!.length;
    }
  }
}

/** Rounded up in steps of a quarter of a power of two, so that buffers fit pages of about the same size. */
export function capacityFor(bytes: number): number {
  const least = Math.max(bytes, SMALLEST_BUFFER_BYTES);
  const step = 2 ** Math.max(0, Math.floor(Math.log2(least)) - 2);
  return Math.ceil(least / step) * step;
}
