/**
 * Buffers that are reused: new memory is zeroed, mapped page by page and collected late, which costs time at full
 * speed.
 */
export class BufferPool {
  readonly #maxBytes: () => number;
  readonly #minBufferBytes: number;
  /** Unused buffers, the one given back last at the end. */
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #freeBytes = 0;
  #usedBytes = 0;

  /**
   * @param maxBytes Unused buffers are dropped while used and unused ones together are more than this.
   * @param minBufferBytes Size of the smallest buffer.
   */
  constructor(maxBytes: () => number, minBufferBytes: number) {
    this.#maxBytes = maxBytes;
    this.#minBufferBytes = minBufferBytes;
  }

  /**
   * Size of the buffer for `bytes`: rounded up in steps of a quarter of a power of two, so that a buffer fits
   * whatever is of about the same size.
   */
  capacityFor(bytes: number): number {
    const min = Math.max(bytes, this.#minBufferBytes);
    const step = 2 ** Math.max(0, Math.floor(Math.log2(min)) - 2);
    return Math.ceil(min / step) * step;
  }

  /** Gives a buffer of `capacityFor(bytes)`, with old content. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const capacity = this.capacityFor(bytes);
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

  /** Leaves a buffer to the garbage collector, because it may still be read. */
  forget(buffer: Uint8Array<ArrayBuffer>): void {
    this.#usedBytes -= buffer.length;
  }

  /** Drops the oldest unused buffers, and frees them at once: the collector takes its time over large ones. */
  #trim(): void {
    const maxBytes = this.#maxBytes();
    while (this.#free.length > 0 && this.#usedBytes + this.#freeBytes > maxBytes) {
      const oldest = this.#free.shift()!;
      this.#freeBytes -= oldest.length;
      oldest.buffer.transfer(0);
    }
  }
}
