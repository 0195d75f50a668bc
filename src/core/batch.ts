import zlib from "node:zlib";
import { type Allocate, copyOf, type Gzip, gzip, newBytes } from "./gzip.ts";

/**
 * Events packed for one request, kept until the outcome is final: the body as sent, and where each event ends in the
 * uncompressed body. Only when a refusal concerns one of the events is the body decompressed.
 */
export class Batch {
  /** The body as sent, with all events. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** How every body of these events is compressed. */
  readonly gzip: Gzip;
  readonly #ends: Uint32Array;

  /**
   * @param events JSON objects one after the other; not kept.
   * @param ends End of each event; not kept.
   * @param allocate Makes the memory of the body, at its start.
   */
  constructor(
    events: Uint8Array<ArrayBuffer>,
    ends: ArrayLike<number>,
    how: Gzip,
    allocate: Allocate = newBytes,
  ) {
    this.gzip = how;
    // First, because compressing reuses the memory that may hold both.
    this.#ends = new Uint32Array(ends);
    this.body = how === false ? copyOf(events, allocate) : gzip(events, how, allocate);
  }

  /** Events in the batch. */
  get count(): number {
    return this.#ends.length;
  }

  /** Bytes of the events before compression. */
  get byteLength(): number {
    return this.sizeOf(0, this.count);
  }

  /** Bytes of memory that it takes. */
  get memoryBytes(): number {
    return this.body.buffer.byteLength + this.#ends.byteLength;
  }

  /** Bytes of the events `from` to `to` (exclusive) before compression. */
  sizeOf(from: number, to: number): number {
    return this.#startOf(to) - this.#startOf(from);
  }

  /** The events `from` to `to` (exclusive) as they were written; decompressed at each call. */
  events(from = 0, to = this.count): Uint8Array<ArrayBuffer> {
    const all = this.gzip === false
      ? this.body
      : zlib.gunzipSync(this.body, { maxOutputLength: this.byteLength + 1 });
    const opened = new Uint8Array(all.buffer as ArrayBuffer, all.byteOffset, all.length);
    return opened.subarray(this.#startOf(from), this.#startOf(to));
  }

  #startOf(at: number): number {
    return at === 0 ? 0 : this.#ends[at - 1]!;
  }
}
