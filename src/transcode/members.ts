import { ByteBuffer } from "../base/byte_buffer.ts";
import { jsonTextRoom, writeJsonText } from "./json_text.ts";

const FREE = -1;

/**
 * Who writes logs chooses their keys: without numbers that nobody can know, keys could be chosen that
 * all meet in one slot of the table, and one log would take minutes.
 */
const SEEDS = crypto.getRandomValues(new Uint32Array(2));
const HASH_START = SEEDS[0]!;
const HASH_FACTOR = SEEDS[1]! | 1;

/**
 * The members of one JSON object, without repeated keys: a later value takes the place of an earlier one
 * and the key keeps its place, as in the vendor's Python flattening.
 *
 * Keys are compared as they are written, so two keys whose broken bytes both became U+FFFD are one.
 * Nothing is allocated per log: the arrays grow to the longest log and stay.
 */
export class Members {
  /** Written keys one after the other, each as `"key":`. */
  readonly keys = new ByteBuffer(1024);
  count = 0;
  /** By member: where its written key starts in `keys`; one entry more than members. */
  keyStart = new Int32Array(65);
  /** By member: where its value lies in the page. */
  valueStart = new Int32Array(64);
  valueEnd = new Int32Array(64);
  #table = new Int32Array(256).fill(FREE);
  #markedCount = 0;
  #markedStart = new Int32Array(64);
  #markedEnd = new Int32Array(64);

  /** Forgets all members. */
  clear(): void {
    this.#cut(0);
  }

  /** Remembers the members as they are now: those that all logs of a group share. */
  mark(): void {
    this.#markedCount = this.count;
    if (this.#markedStart.length < this.count) {
      this.#markedStart = new Int32Array(this.valueStart.length);
      this.#markedEnd = new Int32Array(this.valueStart.length);
    }
    for (let member = 0; member < this.count; member++) {
      this.#markedStart[member] = this.valueStart[member]!;
      this.#markedEnd[member] = this.valueEnd[member]!;
    }
  }

  /** Goes back to the marked members and their values. */
  reset(): void {
    this.#cut(this.#markedCount);
    for (let member = 0; member < this.count; member++) {
      this.valueStart[member] = this.#markedStart[member]!;
      this.valueEnd[member] = this.#markedEnd[member]!;
    }
  }

  #cut(count: number): void {
    this.count = count;
    this.keys.length = this.keyStart[count]!;
    this.#rebuild(this.#table.length);
  }

  /**
   * Adds a member, or replaces the value of the one with the same key.
   * @param prefix Bytes before the key proper, such as `__tag__:`; they need no escape.
   * @returns false when it replaced a value.
   */
  add(
    prefix: Uint8Array,
    source: Uint8Array,
    keyAt: number,
    keyEnd: number,
    valueAt: number,
    valueEnd: number,
  ): boolean {
    const keys = this.keys;
    const start = keys.length;
    keys.ensure(prefix.length + jsonTextRoom(source, keyAt, keyEnd) + 3);
    const bytes = keys.bytes;
    let to = start;
    bytes[to++] = 0x22;
    for (let i = 0; i < prefix.length; i++) bytes[to++] = prefix[i]!;
    to = writeJsonText(source, keyAt, keyEnd, bytes, to);
    bytes[to++] = 0x22;
    bytes[to++] = 0x3a;

    const slot = this.#find(start, to);
    let member = this.#table[slot]!;
    const isNew = member === FREE;
    if (isNew) {
      member = this.count++;
      if (this.count >= this.valueStart.length) this.#grow();
      keys.length = to;
      this.keyStart[this.count] = to;
      this.#table[slot] = member;
      if (this.count * 2 > this.#table.length) this.#rebuild(this.#table.length * 4);
    }
    this.valueStart[member] = valueAt;
    this.valueEnd[member] = valueEnd;
    return isNew;
  }

  /** The table slot of the key at `keys[start..end)`: its own, or the free one it belongs in. */
  #find(start: number, end: number): number {
    const bytes = this.keys.bytes;
    let hash = HASH_START;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, HASH_FACTOR);
    const mask = this.#table.length - 1;
    let slot = (hash ^ hash >>> 15) & mask;
    for (;; slot = slot + 1 & mask) {
      const member = this.#table[slot]!;
      if (member === FREE || this.#isKey(member, start, end)) return slot;
    }
  }

  #isKey(member: number, start: number, end: number): boolean {
    const from = this.keyStart[member]!;
    if (this.keyStart[member + 1]! - from !== end - start) return false;
    const bytes = this.keys.bytes;
    for (let i = 0; i < end - start; i++) if (bytes[from + i] !== bytes[start + i]) return false;
    return true;
  }

  #rebuild(slots: number): void {
    if (slots === this.#table.length) this.#table.fill(FREE);
    else this.#table = new Int32Array(slots).fill(FREE);
    for (let member = 0; member < this.count; member++) {
      this.#table[this.#find(this.keyStart[member]!, this.keyStart[member + 1]!)] = member;
    }
  }

  #grow(): void {
    const grown = (old: Int32Array<ArrayBuffer>, length: number) => {
      const array = new Int32Array(length);
      array.set(old);
      return array;
    };
    const size = this.valueStart.length * 2;
    this.keyStart = grown(this.keyStart, size + 1);
    this.valueStart = grown(this.valueStart, size);
    this.valueEnd = grown(this.valueEnd, size);
  }
}
