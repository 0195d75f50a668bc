/** Deeper nesting is a syntax error: it could overflow the stack, and no log needs it. */
const MAX_DEPTH = 512;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** 1 for bytes that need no escape in a JSON string. Bytes that are not UTF-8 pass. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => {
  return byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0;
});
const DIGIT = bytesOf("0123456789");
const HEX = bytesOf("0123456789abcdefABCDEF");
const SPACE = bytesOf(" \t\n\r");
const ESCAPED = bytesOf('"\\/bfnrt');
const LITERALS = ["true", "false", "null"].map((word) => new TextEncoder().encode(word));

function bytesOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

const NO_SURROGATE = 0;
const HIGH = 1;
const LOW = 2;

/** The kind of surrogate that the escape at `at` is. */
function surrogateAt(bytes: Uint8Array, at: number): number {
  const escape = String.fromCharCode(...bytes.subarray(at, at + 6));
  if (!/^\\ud[89a-f][0-9a-f]{2}$/i.test(escape)) return NO_SURROGATE;
  return parseInt(escape.slice(2), 16) < 0xdc00 ? HIGH : LOW;
}

/**
 * Skips JSON in bytes without building values (RFC 8259, strictly).
 *
 * Every `skip` starts at `at`, moves `at` after what it read, and returns whether that was JSON.
 * Hot: it reads every byte that the emulator receives. Reading past the end gives undefined,
 * which is in no table, so the loops need no bounds check.
 */
export class JsonScanner {
  readonly bytes: Uint8Array;
  at: number;
  /** Whether a single surrogate escape passes: the grammar allows it, strict readers do not. */
  readonly #takesLoneSurrogates: boolean;

  constructor(bytes: Uint8Array, at = 0, { takesLoneSurrogates = true } = {}) {
    this.bytes = bytes;
    this.at = at;
    this.#takesLoneSurrogates = takesLoneSurrogates;
  }

  skipSpace(): void {
    while (SPACE[this.bytes[this.at]!] === 1) this.at++;
  }

  /** Skips white space and the byte `expected`, if it is next. */
  skipMark(expected: number): boolean {
    this.skipSpace();
    if (this.bytes[this.at] !== expected) return false;
    this.at++;
    return true;
  }

  /** A value of any type, and white space before it. */
  skipValue(depth = 0): boolean {
    this.skipSpace();
    switch (this.bytes[this.at]) {
      case QUOTE:
        return this.skipString();
      case 0x7b: // {
        return depth < MAX_DEPTH && this.#skipObject(depth + 1);
      case 0x5b: // [
        return depth < MAX_DEPTH && this.#skipArray(depth + 1);
      case 0x74: // t
        return this.#skipLiteral(0);
      case 0x66: // f
        return this.#skipLiteral(1);
      case 0x6e: // n
        return this.#skipLiteral(2);
      default:
        return this.#skipNumber();
    }
  }

  /** A string, from its opening quote. */
  skipString(): boolean {
    const bytes = this.bytes;
    let at = this.at;
    if (bytes[at] !== QUOTE) return false;
    at++;
    for (;;) {
      while (PLAIN[bytes[at]!] === 1) at++;
      if (bytes[at] === QUOTE) {
        this.at = at + 1;
        return true;
      }
      if (bytes[at] !== BACKSLASH) return false;
      if (ESCAPED[bytes[at + 1]!] === 1) {
        at += 2;
      } else {
        if (bytes[at + 1] !== 0x75) return false; // u
        for (let digit = at + 2; digit < at + 6; digit++) {
          if (HEX[bytes[digit]!] !== 1) return false;
        }
        const half = this.#takesLoneSurrogates ? NO_SURROGATE : surrogateAt(bytes, at);
        if (half === LOW) return false; // after its other half it is skipped together with that
        if (half === HIGH && surrogateAt(bytes, at + 6) !== LOW) return false;
        at += half === HIGH ? 12 : 6;
      }
    }
  }

  #skipObject(depth: number): boolean {
    this.at++;
    if (this.skipMark(0x7d)) return true; // }
    do {
      this.skipSpace();
      if (!this.skipString() || !this.skipMark(0x3a) || !this.skipValue(depth)) return false;
    } while (this.skipMark(0x2c));
    return this.skipMark(0x7d);
  }

  #skipArray(depth: number): boolean {
    this.at++;
    if (this.skipMark(0x5d)) return true; // ]
    do {
      if (!this.skipValue(depth)) return false;
    } while (this.skipMark(0x2c));
    return this.skipMark(0x5d);
  }

  #skipLiteral(which: number): boolean {
    const word = LITERALS[which]!;
    for (let at = 0; at < word.length; at++) {
      if (this.bytes[this.at + at] !== word[at]) return false;
    }
    this.at += word.length;
    return true;
  }

  #skipNumber(): boolean {
    const bytes = this.bytes;
    if (bytes[this.at] === 0x2d) this.at++; // -
    if (bytes[this.at] === 0x30) this.at++; // no digit may follow a leading zero
    else if (!this.#skipDigits()) return false;
    if (bytes[this.at] === 0x2e) { // .
      this.at++;
      if (!this.#skipDigits()) return false;
    }
    if (bytes[this.at] === 0x65 || bytes[this.at] === 0x45) { // e E
      this.at++;
      if (bytes[this.at] === 0x2b || bytes[this.at] === 0x2d) this.at++;
      if (!this.#skipDigits()) return false;
    }
    return true;
  }

  #skipDigits(): boolean {
    const start = this.at;
    while (DIGIT[this.bytes[this.at]!] === 1) this.at++;
    return this.at > start;
  }
}
