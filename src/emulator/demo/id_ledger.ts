import { Buffer } from "node:buffer";

/** What became of the logs that the demo wrote, whoever forwarded them. */
export interface DemoLedger {
  readonly written: number;
  /** Written logs that SLS has handed out at least once. */
  readonly fetched: number;
  /** Written logs that HEC has taken at least once. */
  readonly delivered: number;
  /** Times that HEC has taken a log it had already. */
  readonly duplicates: number;
  /** Written and not delivered. */
  readonly missing: number;
  readonly seconds: number;
}

/** Gives each written log a unique id and finds those ids in what HEC takes. */
export class IdLedger {
  readonly #prefix: string;
  readonly #marker: Buffer;
  #written = 0;
  #delivered = 0;
  #duplicates = 0;
  #strangers = 0;
  /** By log number, whether it came. */
  #came = new Uint8Array(1024);

  /** @param run Tells this run's ids from those of others. */
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

  /** Events without an id of this run. */
  get strangers(): number {
    return this.#strangers;
  }

  /** Takes `count` new numbers. @returns the first of them. */
  write(count: number): number {
    const first = this.#written;
    this.#written += count;
    if (this.#written > this.#came.length) {
      const grown = new Uint8Array(Math.max(this.#written, this.#came.length * 2));
      grown.set(this.#came);
      this.#came = grown;
    }
    return first;
  }

  idOf(number: number): string {
    return `${this.#prefix}${number}`;
  }

  /** Whether the log with that number has come. */
  has(number: number): boolean {
    return this.#came[number] === 1;
  }

  /** Notes the event that stands in `body` from `start` to `end`. */
  deliver(body: Uint8Array, start: number, end: number): void {
    const text = Buffer.from(body.buffer, body.byteOffset + start, end - start);
    let at = text.indexOf(this.#marker);
    if (at < 0) {
      this.#strangers++;
      return;
    }
    at += this.#marker.length;
    let number = 0;
    for (; at < text.length && text[at]! >= 0x30 && text[at]! <= 0x39; at++) {
      number = number * 10 + text[at]! - 0x30;
    }
    if (number >= this.#written) this.#strangers++;
    else if (this.#came[number] === 1) this.#duplicates++;
    else {
      this.#came[number] = 1;
      this.#delivered++;
    }
  }
}
