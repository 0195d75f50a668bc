import { ByteBuffer } from "../base/byte_buffer.ts";

/**
 * Events packed for one request: their bytes one after the other, and where each begins, which is kept
 * until the outcome is final, because a refusal may concern one of them.
 */
export class Batch {
  readonly #out: ByteBuffer;
  /** Where each event starts in `#out`; one entry more than events. */
  #offsets = new Int32Array(1025);
  #count = 0;

  constructor(capacityBytes: number) {
    this.#out = new ByteBuffer(capacityBytes);
  }

  /** Events in the batch. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the events, as they are sent before compression. */
  get byteLength(): number {
    return this.#out.length;
  }

  /** Bytes of memory that the events take or may take without more. */
  get capacityBytes(): number {
    return this.#out.bytes.length;
  }

  /** Appends a copy of one event. */
  append(event: Uint8Array): void {
    this.appendAll(event, [event.length]);
  }

  /** Appends a copy of events that lie one after the other. @param ends Where each of them ends. */
  appendAll(events: Uint8Array, ends: ArrayLike<number>): void {
    const start = this.#out.length;
    this.#out.append(events);
    const count = this.#count + ends.length;
    if (count >= this.#offsets.length) {
      const grown = new Int32Array(Math.max(count + 1, this.#offsets.length * 2));
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    for (let i = 0; i < ends.length; i++) this.#offsets[this.#count + i + 1] = start + ends[i]!;
    this.#count = count;
  }

  /** A view of the bytes of the events `from` to `to` (exclusive). */
  bytes(from = 0, to = this.#count): Uint8Array<ArrayBuffer> {
    return this.#out.view(this.#offsets[from]!, this.#offsets[to]!);
  }

  clear(): void {
    this.#count = 0;
    this.#out.length = 0;
  }
}
