/**
 * Buffers that are used again and again: memory that is made anew at full speed is filled with zeros, mapped
 * page by page and collected late (bench "nginx plain").
 */
export class BufferPool {
  readonly #mostBytes: number;
  readonly #leastBytes: number;
  /** Buffers that wait to be used again, the one given back last at the end. */
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #freeBytes = 0;
  #usedBytes = 0;

  /**
   * @param mostBytes Free buffers are dropped while used and free ones together are more than this.
   * @param leastBytes Of a buffer.
   */
  constructor(mostBytes: number, leastBytes: number) {
    this.#mostBytes = mostBytes;
    this.#leastBytes = leastBytes;
  }

  /**
   * Bytes of a buffer for `bytes`: rounded up in steps of a quarter of a power of two, so that buffers fit
   * what is of about the same size.
   */
  capacityFor(bytes: number): number {
    const least = Math.max(bytes, this.#leastBytes);
    const step = 2 ** Math.max(0, Math.floor(Math.log2(least)) - 2);
    return Math.ceil(least / step) * step;
  }

  /** A buffer of `capacityFor(bytes)`; what it holds is left over from before. */
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

  /** Leaves a buffer to the garbage collector: somebody may still be reading it. */
  forget(buffer: Uint8Array<ArrayBuffer>): void {
    this.#usedBytes -= buffer.length;
  }

  /** Drops the oldest free buffers: at once, as the collector takes its time over large ones. */
  #trim(): void {
    while (this.#free.length > 0 && this.#usedBytes + this.#freeBytes > this.#mostBytes) {
      const oldest = this.#free.shift()!;
      this.#freeBytes -= oldest.length;
      oldest.buffer.transfer(0);
    }
  }
}
