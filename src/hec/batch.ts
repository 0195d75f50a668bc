import { ByteBuffer } from "../base/byte_buffer.ts";

/**
 * Events packed for one request: their bytes one after the other, and where each begins, which is kept
 * until the outcome is final, because a refusal may concern one of them.
 */
export class Batch {
  readonly out: ByteBuffer;
  /** Where each event starts in `out`; one entry more than events. */
  #offsets = new Int32Array(1025);
  #count = 0;

  constructor(capacityBytes: number) {
    this.out = new ByteBuffer(capacityBytes);
  }

  /** Events in the batch. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of the events, as they are sent before compression. */
  get byteLength(): number {
    return this.#offsets[this.#count]!;
  }

  /** Takes what was written to `out` behind the last event as one more. */
  closeEvent(): void {
    if (this.#count + 1 === this.#offsets.length) {
      const grown = new Int32Array(this.#offsets.length * 2);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#offsets[++this.#count] = this.out.length;
  }

  /** Takes over the last event of `other`, which loses it. */
  takeLastEventOf(other: Batch): void {
    const from = other.#offsets[other.#count - 1]!;
    this.out.append(other.out.view(from, other.out.length));
    this.closeEvent();
    other.#count--;
    other.out.length = from;
  }

  /** Forgets the events from number `count` on, and what was begun behind them. */
  truncate(count: number): void {
    this.#count = count;
    this.out.length = this.#offsets[count]!;
  }

  /** A view of the bytes of the events `from` to `to` (exclusive). */
  bytes(from = 0, to = this.#count): Uint8Array<ArrayBuffer> {
    return this.out.view(this.#offsets[from]!, this.#offsets[to]!);
  }

  clear(): void {
    this.truncate(0);
  }
}
