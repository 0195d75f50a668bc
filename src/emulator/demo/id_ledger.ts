import { Buffer } from "node:buffer";

/** What became of the logs that the demo wrote, whatever program forwarded them. */
export interface DemoLedger {
  readonly written: number;
  /** Written logs that SLS has served at least once. */
  readonly fetched: number;
  /** Written logs that HEC has accepted at least once. */
  readonly delivered: number;
  /** Times that HEC has accepted a log it had already. */
  readonly duplicates: number;
  /** Written logs that are not delivered. */
  readonly missing: number;
  readonly seconds: number;
}

/** Gives each written log a unique id and finds those ids in the events that HEC accepts. */
export class IdLedger {
  readonly #prefix: string;
  readonly #marker: Buffer;
  #written = 0;
  #delivered = 0;
  #duplicates = 0;
  /** By log number: 1 if delivered. */
  #isDelivered = new Uint8Array(1024);

  /**
   * @param run Part of every id; must differ from run to run.
   */
  constructor(run: string) {
    this.#prefix = `d-${run}-`;
    this.#marker = Buffer.from(this.#prefix);
  }

  get written(): number {
    return this.#written;
  }

  get delivered(): number {
    return this.#delivered;
  }

  get duplicates(): number {
    return this.#duplicates;
  }

  /**
   * Reserves `count` new log numbers.
   *
   * @returns the first of them.
   */
  write(count: number): number {
    const first = this.#written;
    this.#written += count;
    if (this.#written > this.#isDelivered.length) {
      const grown = new Uint8Array(Math.max(this.#written, this.#isDelivered.length * 2));
      grown.set(this.#isDelivered);
      this.#isDelivered = grown;
    }
    return first;
  }

  idOf(number: number): string {
    return `${this.#prefix}${number}`;
  }

  /** Counts the event from `start` to `end` of `body`; without an id of this run it is ignored. */
  deliver(body: Uint8Array, start: number, end: number): void {
    const text = Buffer.from(body.buffer, body.byteOffset + start, end - start);
    let at = text.indexOf(this.#marker);
    if (at < 0) return;
    at += this.#marker.length;
    let number = 0;
    for (; at < text.length && text[at]! >= 0x30 && text[at]! <= 0x39; at++) {
      number = number * 10 + text[at]! - 0x30;
    }
    if (number >= this.#written) return;
    if (this.#isDelivered[number] === 1) {
      this.#duplicates++;
    } else {
      this.#isDelivered[number] = 1;
      this.#delivered++;
    }
  }
}
