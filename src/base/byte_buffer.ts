/** Bytes with room to grow: written at the end, reused after `clear`. */
export class ByteBuffer {
  /** The memory; only the first `length` bytes mean something. Replaced when it grows. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Bytes in use. */
  length = 0;

  constructor(capacityBytes: number) {
    this.bytes = new Uint8Array(capacityBytes);
  }

  /** Makes room for `count` more bytes, at least doubling when it must grow. */
  ensure(count: number): void {
    const need = this.length + count;
    if (need <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(need, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** Appends a copy of `source`. */
  append(source: Uint8Array): void {
    this.ensure(source.length);
    this.bytes.set(source, this.length);
    this.length += source.length;
  }

  /**
   * Appends a copy of `source[from..to)` without making a view of it, for the paths that make no object
   * per log. Best for short pieces: it copies byte by byte.
   */
  appendRange(source: Uint8Array, from: number, to: number): void {
    this.ensure(to - from);
    const bytes = this.bytes;
    let at = this.length;
    for (let i = from; i < to; i++) bytes[at++] = source[i]!;
    this.length = at;
  }

  /** A view of what is in use; valid until the next write. */
  view(from = 0, to = this.length): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(from, to);
  }

  clear(): void {
    this.length = 0;
  }
}
