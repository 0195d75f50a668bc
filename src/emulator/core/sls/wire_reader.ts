/** Bytes that are not a protobuf message. */
export class WireError extends Error {
  override name = "WireError";
}

/** The four wire types that proto2 messages of SLS use. */
export const VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5;

/**
 * Reads the fields of one protobuf message, including unknown ones.
 *
 * ```ts ignore
 * const fields = new WireReader(bytes);
 * while (fields.next()) { if (fields.field === 1) … }
 * ```
 */
export class WireReader {
  readonly bytes: Uint8Array;
  /** Number of the field that `next` found. */
  field = 0;
  /** Its wire type: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes. */
  type = 0;
  /** Value of a varint, its low 32 bits. */
  varint = 0;
  /** Start of the field, with its tag. */
  start = 0;
  /** Start of its value, without tag and length. */
  valueStart = 0;
  /** End of the field. */
  end: number;
  readonly #limit: number;

  /**
   * @param from Position of the first byte of the message.
   * @param limit Position after its last byte.
   */
  constructor(bytes: Uint8Array, from = 0, limit = bytes.length) {
    this.bytes = bytes;
    this.end = from;
    this.#limit = limit;
  }

  /**
   * Moves to the next field.
   *
   * @returns false at the end of the message.
   * @throws {WireError} if the message is malformed.
   */
  next(): boolean {
    if (this.end >= this.#limit) return false;
    this.start = this.end;
    this.valueStart = this.end;
    const tag = this.#readVarint();
    this.field = tag >>> 3;
    this.type = tag & 7;
    if (this.field === 0) throw new WireError("a field has number 0");
    switch (this.type) {
      case VARINT: {
        const at = this.valueStart;
        this.varint = this.#readVarint();
        this.end = this.valueStart;
        this.valueStart = at;
        break;
      }
      case FIXED64:
        this.end = this.valueStart + 8;
        break;
      case BYTES: {
        const length = this.#readVarint();
        this.end = this.valueStart + length;
        break;
      }
      case FIXED32:
        this.end = this.valueStart + 4;
        break;
      default:
        throw new WireError(`a field has wire type ${this.type}`);
    }
    if (this.end > this.#limit) throw new WireError("a field runs past the end of its message");
    return true;
  }

  /** The bytes of the field's value. */
  value(): Uint8Array {
    return this.bytes.subarray(this.valueStart, this.end);
  }

  /** The value as text; bytes that are not UTF-8 become U+FFFD. */
  text(): string {
    return utf8.decode(this.value());
  }

  /** A reader over the value, which is a message. */
  message(): WireReader {
    return new WireReader(this.bytes, this.valueStart, this.end);
  }

  /** The value of four little-endian bytes. */
  fixed32(): number {
    const { bytes, valueStart: at } = this;
    return (bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24) >>> 0;
  }

  /**
   * Reads a varint at `valueStart` and moves that after it.
   *
   * @returns the low 32 bits.
   */
  #readVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.valueStart >= this.#limit) throw new WireError("the message ends within a number");
      const byte = this.bytes[this.valueStart++]!;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new WireError("a number has more than ten bytes");
  }
}

/** A byte order mark at the start of a value is part of it, hence `ignoreBOM`. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
