/** Rounded up to this, so that what is kept aside seldom has to grow. */
const STEP_BYTES = 64 * 1024;

/**
 * The events of a request that still fills, over pages. While its shard has the core they lie in the core's
 * workspace, where they are written and compressed; they are put aside, in memory of the draft's own, when
 * another draft needs the workspace.
 */
export class BatchBuffer {
  /** Events so far. */
  count = 0;
  /** Bytes of the events. */
  byteLength = 0;
  #bytes = new Uint8Array(0);
  #ends = new Uint32Array(0);

  /** Bytes of memory that it keeps for being put aside. */
  get capacityBytes(): number {
    return this.#bytes.byteLength + this.#ends.byteLength;
  }

  /** The events put aside, one after the other. */
  get events(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.byteLength);
  }

  /** Where each of `events` ends. */
  get ends(): Uint32Array<ArrayBuffer> {
    return this.#ends.subarray(0, this.count);
  }

  /** Keeps a copy of all events. */
  putAside(events: Uint8Array, ends: Uint32Array): void {
    this.#hold(events.length, ends.length);
    this.#bytes.set(events);
    this.#ends.set(ends);
  }

  /** Adds an event to those put aside. */
  append(event: Uint8Array): void {
    this.#hold(this.byteLength + event.length, this.count + 1);
    this.#bytes.set(event, this.byteLength);
    this.byteLength += event.length;
    this.#ends[this.count++] = this.byteLength;
  }

  /** Makes room, and keeps what is there. */
  #hold(bytes: number, count: number): void {
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
