import { JsonScanner } from "./json_scanner.ts";

/** The seven legal keys of an envelope, in the order in which `Envelope` numbers them. */
const ENVELOPE_KEYS = [
  "event",
  "time",
  "host",
  "source",
  "sourcetype",
  "index",
  "fields",
] as const;

/** Index of a key in `ENVELOPE_KEYS`. */
export const Key = { event: 0, time: 1, host: 2, source: 3, sourcetype: 4, index: 5, fields: 6 };

const KEY_BYTES = ENVELOPE_KEYS.map((key) => new TextEncoder().encode(key));
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true }); // a byte order mark is content too

/** Text of a part of a body; bytes that are not UTF-8 become U+FFFD. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return utf8.decode(bytes.subarray(start, end));
}

/**
 * The places of the members of one event envelope in a body. Reused for all envelopes of a body.
 *
 * Of a repeated key the last value counts, as in most parsers; Splunk's choice is not known.
 */
export class Envelope {
  readonly #scanner: JsonScanner;
  readonly #starts = new Int32Array(ENVELOPE_KEYS.length);
  readonly #ends = new Int32Array(ENVELOPE_KEYS.length);
  /** The envelope's own place: from its `{` to after its `}`. */
  start = 0;
  end = 0;
  /** Whether there is a key other than the seven. */
  hasUnknownKey = false;
  /** Whether there is a `fields` that is not a flat object. */
  hasBadFields = false;

  constructor(scanner: JsonScanner) {
    this.#scanner = scanner;
  }

  get bytes(): Uint8Array {
    return this.#scanner.bytes;
  }

  has(key: number): boolean {
    return this.#ends[key] !== 0;
  }

  /** First byte of a key's value; 0 if the key is absent. */
  startOf(key: number): number {
    return this.#starts[key]!;
  }

  /** Position after a key's value; 0 if the key is absent. */
  endOf(key: number): number {
    return this.#ends[key]!;
  }

  /** First character code of a key's value, which shows its type; 0 if the key is absent. */
  kindOf(key: number): number {
    return this.has(key) ? this.bytes[this.startOf(key)]! : 0;
  }

  /** A key's value as in the body; undefined if the key is absent. */
  jsonOf(key: number): string | undefined {
    return this.has(key) ? textOf(this.bytes, this.startOf(key), this.endOf(key)) : undefined;
  }

  /** A string value without quotes and escapes; undefined if the key is absent or no string. */
  stringOf(key: number): string | undefined {
    if (this.kindOf(key) !== 0x22) return undefined;
    return JSON.parse(this.jsonOf(key)!) as string;
  }

  /**
   * Reads the envelope at the scanner's position.
   *
   * @returns false if it is not JSON.
   */
  read(): boolean {
    const scanner = this.#scanner;
    this.#starts.fill(0);
    this.#ends.fill(0);
    this.hasUnknownKey = this.hasBadFields = false;
    this.start = scanner.at;
    scanner.at++;
    if (!scanner.skipMark(0x7d)) {
      do {
        if (!this.#readMember()) return false;
      } while (scanner.skipMark(0x2c));
      if (!scanner.skipMark(0x7d)) return false;
    }
    this.end = scanner.at;
    return true;
  }

  #readMember(): boolean {
    const scanner = this.#scanner;
    scanner.skipSpace();
    const nameStart = scanner.at;
    if (!scanner.skipString()) return false;
    const key = this.#keyOf(nameStart + 1, scanner.at - 1);
    if (!scanner.skipMark(0x3a)) return false;
    scanner.skipSpace();
    const start = scanner.at;
    if (!scanner.skipValue(1)) return false;
    if (key < 0) {
      this.hasUnknownKey = true;
      return true;
    }
    this.#starts[key] = start;
    this.#ends[key] = scanner.at;
    if (key === Key.fields) this.hasBadFields = !isFlatObject(scanner.bytes, start);
    return true;
  }

  #keyOf(start: number, end: number): number {
    const bytes = this.#scanner.bytes;
    for (let key = 0; key < KEY_BYTES.length; key++) {
      const name = KEY_BYTES[key]!;
      if (name.length !== end - start) continue;
      let at = 0;
      while (at < name.length && bytes[start + at] === name[at]) at++;
      if (at === name.length) return key;
    }
    if (bytes.subarray(start, end).indexOf(0x5c) < 0) return -1;
    const name = JSON.parse(`"${textOf(bytes, start, end)}"`) as string;
    return (ENVELOPE_KEYS as readonly string[]).indexOf(name);
  }
}

/** Whether the valid JSON value at `start` is an object of scalars and arrays of scalars. */
function isFlatObject(bytes: Uint8Array, start: number): boolean {
  const scanner = new JsonScanner(bytes, start);
  if (!scanner.skipMark(0x7b)) return false;
  if (scanner.skipMark(0x7d)) return true;
  do {
    scanner.skipSpace();
    scanner.skipString();
    scanner.skipMark(0x3a);
    scanner.skipSpace();
    if (bytes[scanner.at] === 0x7b) return false;
    if (bytes[scanner.at] === 0x5b && !isFlatArray(scanner)) return false;
    else scanner.skipValue();
  } while (scanner.skipMark(0x2c));
  return true;
}

function isFlatArray({ bytes, at }: JsonScanner): boolean {
  const scanner = new JsonScanner(bytes, at + 1);
  do {
    scanner.skipSpace();
    if (bytes[scanner.at] === 0x7b || bytes[scanner.at] === 0x5b) return false;
    scanner.skipValue();
  } while (scanner.skipMark(0x2c));
  return true;
}
