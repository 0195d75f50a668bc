import { ByteBuffer } from "../base/byte_buffer.ts";
import type { Members } from "./members.ts";

/** Where the contents of one log lie in the page; arrays that grow to the longest log and stay. */
export class Contents {
  count = 0;
  keyAt = new Int32Array(64);
  keyEnd = new Int32Array(64);
  valueAt = new Int32Array(64);
  valueEnd = new Int32Array(64);

  add(keyAt: number, keyEnd: number, valueAt: number, valueEnd: number): void {
    if (this.count === this.keyAt.length) this.#grow();
    const i = this.count++;
    this.keyAt[i] = keyAt;
    this.keyEnd[i] = keyEnd;
    this.valueAt[i] = valueAt;
    this.valueEnd[i] = valueEnd;
  }

  #grow(): void {
    for (const name of ["keyAt", "keyEnd", "valueAt", "valueEnd"] as const) {
      const grown = new Int32Array(this[name].length * 2);
      grown.set(this[name]);
      this[name] = grown;
    }
  }
}

/** Most keys a remembered sequence has; logs with more are written by the general way. */
const MAX_KEYS = 256;
/** Sequences remembered at once, so that a few alternating kinds of logs all stay fast. */
const SLOTS = 8;

/**
 * The keys of one kind of log, in order: what they are in the page, and how they are written.
 * Logs of a store mostly repeat the keys of the log before; then there is nothing to escape or to compare
 * with one another, only to copy.
 */
export class KeySequence {
  count = 0;
  readonly #lengths = new Int32Array(MAX_KEYS);
  readonly #raw = new ByteBuffer(1024);
  /** `,"key":"` of every key, one after the other. */
  readonly written = new ByteBuffer(2048);
  /** By key, where it starts in `written`; one entry more than keys. */
  readonly writtenStart = new Int32Array(MAX_KEYS + 1);

  /** Takes over the keys of `contents`, which stand in `members` from number `first` on. */
  install(page: Uint8Array, contents: Contents, members: Members, first: number): void {
    this.count = contents.count;
    this.#raw.clear();
    this.written.clear();
    for (let i = 0; i < contents.count; i++) {
      const from = contents.keyAt[i]!;
      const to = contents.keyEnd[i]!;
      this.#lengths[i] = to - from;
      this.#raw.append(page.subarray(from, to));
      const start = members.keyStart[first + i]!;
      const end = members.keyStart[first + i + 1]!;
      this.written.ensure(end - start + 2);
      const bytes = this.written.bytes;
      let at = this.written.length;
      bytes[at++] = 0x2c;
      for (let k = start; k < end; k++) bytes[at++] = members.keys.bytes[k]!;
      bytes[at++] = 0x22;
      this.written.length = at;
      this.writtenStart[i + 1] = at;
    }
  }

  matches(page: Uint8Array, contents: Contents): boolean {
    if (contents.count !== this.count) return false;
    const raw = this.#raw.bytes;
    let at = 0;
    for (let i = 0; i < this.count; i++) {
      const from = contents.keyAt[i]!;
      const length = this.#lengths[i]!;
      if (contents.keyEnd[i]! - from !== length) return false;
      for (let k = 0; k < length; k++) if (raw[at + k] !== page[from + k]) return false;
      at += length;
    }
    return true;
  }
}

/** The key sequences seen lately. */
export class KeySequences {
  readonly #slots = Array.from({ length: SLOTS }, () => new KeySequence());
  #filled = 0;
  #last = 0;
  #oldest = 0;

  /** The sequence that `contents` repeats, if it is remembered. */
  find(page: Uint8Array, contents: Contents): KeySequence | undefined {
    if (this.#filled === 0) return undefined;
    if (this.#slots[this.#last]!.matches(page, contents)) return this.#slots[this.#last];
    for (let slot = 0; slot < this.#filled; slot++) {
      if (slot !== this.#last && this.#slots[slot]!.matches(page, contents)) {
        this.#last = slot;
        return this.#slots[slot];
      }
    }
    return undefined;
  }

  /**
   * Remembers a log's keys in place of the oldest ones.
   *
   * Not those that could meet a key of the log group: the same sequence may be free of repeated keys in
   * one group and not in the next, whose tags are others.
   */
  remember(page: Uint8Array, contents: Contents, members: Members, first: number): void {
    if (contents.count > MAX_KEYS) return;
    for (let i = 0; i < contents.count; i++) {
      if (isGroupKey(page, contents.keyAt[i]!, contents.keyEnd[i]!)) return;
    }
    this.#last = this.#oldest;
    this.#oldest = (this.#oldest + 1) % SLOTS;
    this.#filled = Math.max(this.#filled, this.#last + 1);
    this.#slots[this.#last]!.install(page, contents, members, first);
  }
}

const GROUP_KEYS = ["__topic__", "__source__", "__tag__:"].map((key) =>
  new TextEncoder().encode(key)
);

/** Whether a content key starts as the keys do that come from the log group. */
function isGroupKey(page: Uint8Array, at: number, end: number): boolean {
  if (end - at < 8 || page[at] !== 0x5f) return false;
  return GROUP_KEYS.some((key) => {
    if (end - at < key.length) return false;
    for (let i = 0; i < key.length; i++) if (page[at + i] !== key[i]) return false;
    return true;
  });
}
