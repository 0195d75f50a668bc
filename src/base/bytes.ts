/** One array with the bytes of all parts. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

/** Bytes with room to grow: written at the end, reused after `clear`. */
export class ByteBuffer {
  /** The memory; only the first `length` bytes are in use. Replaced when it grows. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Bytes in use. */
  length = 0;

  constructor(capacityBytes: number) {
    this.bytes = new Uint8Array(capacityBytes);
  }

  /** Makes room for `count` more bytes. When it must grow, it at least doubles. */
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

  /** A view of the bytes in use, or of a part of them; valid until the next write. */
  view(from = 0, to = this.length): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(from, to);
  }

  clear(): void {
    this.length = 0;
  }
}
