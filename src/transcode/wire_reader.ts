import { MalformedPage } from "./malformed_page.ts";

/**
 * Reads protobuf wire format in place. Hot: one object for the life of a transcoder, no views.
 *
 * Unknown fields are skipped by wire type, as the vendor's Java SDK does; the group types 3 and 4 and
 * the unused 6 and 7 are refused.
 */
export class WireReader {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  /** Whether the varint of more than one byte that was read last has bits above its low 32. */
  #isWide = false;

  /** A varint cut to its low 32 bits, unsigned, as protobuf reads a `uint32`. */
  varint(end: number): number {
    if (this.at < end) {
      const first = this.bytes[this.at]!;
      if (first < 0x80) {
        this.at++;
        return first;
      }
    }
    return this.#longVarint(end);
  }

  #longVarint(end: number): number {
    const start = this.at;
    let value = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= end) throw new MalformedPage("a number runs past its message", start);
      const byte = this.bytes[this.at++]!;
      if (shift < 28) value |= (byte & 0x7f) << shift;
      else if (shift === 28) {
        value |= (byte & 0x0f) << 28;
        high = byte & 0x70;
      } else high |= byte & 0x7f;
      if (byte < 0x80) {
        this.#isWide = high !== 0;
        return value >>> 0;
      }
    }
    throw new MalformedPage("a number of more than ten bytes", start);
  }

  /** A field's tag: its number << 3 | its wire type. */
  tag(end: number): number {
    return this.#uint32(end, "a field number of more than 29 bits");
  }

  /** The length of a length-prefixed field, known to lie inside the message that ends at `end`. */
  length(end: number): number {
    const start = this.at;
    const length = this.#uint32(end, "a field runs past its message");
    if (length > end - this.at) throw new MalformedPage("a field runs past its message", start);
    return length;
  }

  /** A varint that must not be cut: what is cut from a tag or a length is read as another one. */
  #uint32(end: number, problem: string): number {
    const start = this.at;
    const value = this.varint(end);
    // One byte holds 7 bits, and leaves `#isWide` to the number before.
    if (this.at - start > 1 && this.#isWide) throw new MalformedPage(problem, start);
    return value;
  }

  /** Little-endian 32 bits, unsigned. */
  fixed32(end: number): number {
    const at = this.at;
    if (at + 4 > end) throw new MalformedPage("a field runs past its message", at);
    this.at = at + 4;
    const bytes = this.bytes;
    return (bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24) >>> 0;
  }

  /** Moves over the value of a field whose tag has been read. */
  skip(tag: number, end: number): void {
    const start = this.at;
    if (tag < 8) throw new MalformedPage("a field of number 0", start); // zeros are no message
    const type = tag & 7;
    if (type === 0) this.varint(end);
    else if (type === 2) {
      const length = this.length(end); // first: it moves `at` itself
      this.at += length;
    } else if (type === 5) this.at += 4;
    else if (type === 1) this.at += 8;
    else throw new MalformedPage(`a field of wire type ${type}`, start);
    if (this.at > end) throw new MalformedPage("a field runs past its message", start);
  }
}
