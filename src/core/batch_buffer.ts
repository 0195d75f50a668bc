/** Sizes are rounded up to this, so that the copy rarely has to grow. */
const STEP_BYTES = 64 * 1024;

/**
 * The events of a batch that is being filled, over pages. While its shard uses the core they are in the core's
 * workspace, where they are written and compressed. They are swapped out, to memory of the buffer's own, when another
 * buffer needs the workspace.
 */
export class BatchBuffer {
  /** Events so far. */
  count = 0;
  /** Bytes of the events. */
  byteLength = 0;
  #bytes = new Uint8Array(0);
  #ends = new Uint32Array(0);

  /** Bytes of memory that it keeps for being swapped out. */
  get capacityBytes(): number {
    return this.#bytes.byteLength + this.#ends.byteLength;
  }

  /** The events that are swapped out, one after the other. */
  get events(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.byteLength);
  }

  /** Where each of `events` ends. */
  get ends(): Uint32Array<ArrayBuffer> {
    return this.#ends.subarray(0, this.count);
  }

  /** Keeps a copy of all events. */
  swapOut(events: Uint8Array, ends: Uint32Array): void {
    this.#reserve(events.length, ends.length);
    this.#bytes.set(events);
    this.#ends.set(ends);
  }

  /** Adds an event to those that are swapped out. */
  append(event: Uint8Array): void {
    this.#reserve(this.byteLength + event.length, this.count + 1);
    this.#bytes.set(event, this.byteLength);
    this.byteLength += event.length;
    this.#ends[this.count++] = this.byteLength;
  }

  /** Makes room, and keeps the content. */
  #reserve(bytes: number, count: number): void {
    if (bytes > this.#bytes.length) {
      const grown = new Uint8Array(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    if (count > this.#ends.length) {
      const grown = new Uint32Array(Math.max(256, count * 2));
      grown.set(this.#ends);
      this.#ends = grown;
    }
  }
}
